package management

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/auth"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

type searchInput struct {
	PageInput
	Query      string   `query:"query" maxLength:"1024" doc:"Part of the name or description, whatever its case."`
	Project    string   `query:"project" doc:"Name or identifier of a project."`
	Folder     string   `query:"folder" doc:"Identifier or path of a folder, sub-folders included; / for what is in none."`
	Tag        []string `query:"tag,explode" doc:"group/tag or an identifier; repeat it for APIs that have all."`
	Owner      string   `query:"owner"`
	Security   string   `query:"security" enum:"L1,L2,L3,L4"`
	Kind       string   `query:"kind" doc:"proxy, data or flow."`
	DeployedIn string   `query:"deployedIn" doc:"Name or identifier of a group."`
	Version    string   `query:"version" doc:"Runs this version in the group; without a group, has a revision of it."`
	State      string   `query:"state" enum:"deployed,undeployed,disabled,canary,deprecated,retired" doc:"In the group, or anywhere."`
	Sort       string   `query:"sort" enum:"name,changed" default:"name" doc:"changed: what was altered last comes first."`
}

func (a *API) searchRoutes() {
	op := get("/apis", "listAPIs", "apis", "List or search APIs")
	op.description = "By name, or what was altered last first. Each parameter narrows the list."
	handle(a, op, func(ctx context.Context, in *searchInput) (*answer[wire.List[*wire.APIEntry]], error) {
		list := "apis"
		if in.Sort == string(control.SortByChange) {
			list = "apis by change"
		}
		after, err := in.position(list)
		if err != nil {
			return nil, err
		}
		found, err := a.control.SearchAPIs(ctx, control.APIQuery{
			Text: in.Query, Project: in.Project, Folder: in.Folder, Tags: in.Tag, Owner: in.Owner, Security: gatewright.SecurityLevel(in.Security),
			Kind: gatewright.Kind(in.Kind), Group: in.DeployedIn, Version: in.Version, State: control.RunState(in.State),
			Sort: control.APISort(in.Sort), After: after, Limit: in.Limit + 1,
		})
		if err != nil {
			return nil, err
		}
		entries := make([]*wire.APIEntry, len(found))
		for i, e := range found {
			entries[i] = &wire.APIEntry{API: e.API, ChangedAt: e.ChangedAt, FolderPath: e.FolderPath, TagNames: e.TagNames}
		}
		l := page(list, entries, in.Limit, func(e *wire.APIEntry) string {
			if list == "apis" {
				return e.Name
			}
			return strconv.FormatInt(e.ChangedAt.UnixMicro(), 10) + " " + string(e.ID)
		})
		l.Items = kept(l.Items, func(e *wire.APIEntry) bool {
			return a.may(ctx, gatewright.ActionAPIRead, auth.Scope{Project: cmp.Or(e.Settings.Project, gatewright.DefaultProject)})
		})
		return ok(l, nil)
	})
}

// position returns where the page begins.
func (in *searchInput) position(list string) (control.APIPosition, error) {
	key, err := in.after(list)
	if err != nil || key == "" || list == "apis" {
		return control.APIPosition{Name: key}, err
	}
	at, id, _ := strings.Cut(key, " ")
	micros, err := strconv.ParseInt(at, 10, 64)
	if err != nil || id == "" {
		return control.APIPosition{}, gatewright.FieldErrorf("cursor", "cursor %q does not belong to this list; take nextCursor of the page before as it is", in.Cursor)
	}
	return control.APIPosition{ChangedAt: time.UnixMicro(micros), API: gatewright.APIID(id)}, nil
}

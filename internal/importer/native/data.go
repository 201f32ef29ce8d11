package native

import (
	"cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/openapi"
	"github.com/gatewright/gatewright/internal/doctree"
)

// DataSource is a data source of the group. Its password is only ever written:
// left out it stays as it is, "" takes it away, and no export has it.
type DataSource struct {
	Name        string `json:"name"`
	Project     string `json:"project,omitempty"` // name
	Description string `json:"description,omitempty"`
	gatewright.SourceConfig
	User     string  `json:"user,omitempty"`
	Password *string `json:"password,omitempty"`
}

// NewDataSource returns what a document says of a data source whose project is
// told by name.
func NewDataSource(s *gatewright.DataSource) *DataSource {
	return &DataSource{Name: s.Name, Project: string(s.Project), Description: s.Description, SourceConfig: s.SourceConfig, User: s.User}
}

// DataSource returns the data source, without its password.
func (s *DataSource) DataSource() gatewright.DataSource {
	return gatewright.DataSource{
		Name: s.Name, Project: gatewright.ProjectID(s.Project), Description: s.Description, SourceConfig: s.SourceConfig, User: s.User,
	}
}

// Table is a logical table of the group; projects stand by their names.
type Table struct {
	gatewright.Table
}

// DataAPI is a data API that runs in one slot, and the API's settings. There is
// no document beside it: the one that callers see is made of this.
type DataAPI struct {
	Name     string            `json:"name"`
	Track    string            `json:"track,omitempty"` // "" is found by the path
	Owner    string            `json:"owner,omitempty"`
	Settings Section[Settings] `json:"settings,omitzero"`
	Version  string            `json:"version,omitempty"` // label of the revision, "" for none
	Path     string            `json:"path,omitempty"`    // base path; "" is /data/ and the name
	DataContent
	Runtime   Section[DataRuntime]          `json:"runtime,omitzero"`
	Lifecycle Section[gatewright.Lifecycle] `json:"lifecycle,omitzero"`
	Canary    Section[DataCanary]           `json:"canary,omitzero"`
}

// DataContent is what is versioned of a data API, but for its path.
type DataContent struct {
	Heading     string              `json:"title,omitempty"` // of the definition; "" is the name
	Description string              `json:"description,omitempty"`
	Policies    []gatewright.Policy `json:"policies,omitempty"`
	gatewright.DataDefinition
}

// DataRuntime is the runtime configuration of a data API, which has no
// upstream.
type DataRuntime struct {
	Enabled    bool              `json:"enabled"` // true unless given
	Hosts      []string          `json:"hosts,omitempty"`
	PathPrefix string            `json:"pathPrefix,omitempty"`
	Access     gatewright.Access `json:"access,omitzero"`
}

// DataCanary is the canary of a data API: content of its own, or a version that
// is stored.
type DataCanary struct {
	Name        string                   `json:"name,omitempty"`
	Description string                   `json:"description,omitempty"`
	Version     string                   `json:"version,omitempty"`
	Content     *DataContent             `json:"content,omitempty"`
	Percent     float64                  `json:"percent"`
	Enabled     bool                     `json:"enabled"` // true unless given
	Match       []gatewright.CanaryMatch `json:"match,omitempty"`
	Key         string                   `json:"key,omitempty"`
	Steps       []gatewright.CanaryStep  `json:"steps,omitempty"`
}

// NewDataAPI returns what a document says of the data API of that name with
// that content.
func NewDataAPI(name string, def *gatewright.Definition) *DataAPI {
	a := &DataAPI{Name: name, DataContent: *NewDataContent(name, def)}
	if def.BasePath != defaultPath(name) {
		a.Path = def.BasePath
	}
	return a
}

// NewDataContent returns the content of a definition of the API of that name.
func NewDataContent(name string, def *gatewright.Definition) *DataContent {
	c := &DataContent{Description: def.Description, Policies: def.Policies}
	if def.Data != nil {
		c.DataDefinition = *def.Data
	}
	if def.Title != name {
		c.Heading = def.Title
	}
	return c
}

func defaultPath(name string) string { return gatewright.DataBasePath + "/" + name }

// Definition returns the content of the API's revision.
func (a *DataAPI) Definition() (*gatewright.Definition, error) {
	return a.define(&a.DataContent)
}

// CanaryDefinition returns the content of the canary's revision, nil when it
// has none of its own.
func (a *DataAPI) CanaryDefinition() (*gatewright.Definition, error) {
	if a.Canary.Value == nil || a.Canary.Value.Content == nil {
		return nil, nil
	}
	return a.define(a.Canary.Value.Content)
}

func (a *DataAPI) define(c *DataContent) (*gatewright.Definition, error) {
	data := c.DataDefinition
	def := &gatewright.Definition{
		Title: cmp.Or(c.Heading, a.Name), Description: c.Description, BasePath: cmp.Or(a.Path, defaultPath(a.Name)), Policies: c.Policies, Data: &data,
	}
	if err := openapi.Complete(def); err != nil {
		return nil, err
	}
	return def, nil
}

// Kind implements [Spec].
func (*DataSource) Kind() string { return KindDataSource }

// Kind implements [Spec].
func (*Table) Kind() string { return KindTable }

// Kind implements [Spec].
func (*DataAPI) Kind() string { return KindDataAPI }

// Title implements [Spec].
func (s *DataSource) Title() string { return s.Name }

// Title implements [Spec].
func (t *Table) Title() string { return t.Name }

// Title implements [Spec].
func (a *DataAPI) Title() string {
	if a.Track == "" {
		return a.Name
	}
	return a.Name + "@" + a.Track
}

func (*DataSource) documents() []*Content { return nil }
func (*Table) documents() []*Content      { return nil }
func (*DataAPI) documents() []*Content    { return nil }

// checkDataSource finds what is wrong with a data source as a whole.
func (d *decoder) checkDataSource(root *doctree.Node, s *DataSource) {
	source := s.DataSource()
	if err := source.Validate(); err != nil {
		d.failAt(root, err)
	}
}

// checkDataAPI finds what is wrong with a data API as a whole.
func (d *decoder) checkDataAPI(root *doctree.Node, a *DataAPI) {
	if err := gatewright.CheckAPIName(gatewright.KindData, a.Name); err != nil {
		d.failAt(root, &gatewright.Error{Code: gatewright.Invalid, Message: gatewright.AsError(err).Message, Field: "name"})
		return
	}
	d.label(root, a.Version)
	if _, err := a.Definition(); err != nil {
		d.failAt(root, err)
	}
	canary := root.Get("canary")
	if a.Canary.Value != nil {
		d.label(canary, a.Canary.Value.Version)
	}
	if _, err := a.CanaryDefinition(); err != nil {
		d.failAt(canary.Get("content"), err)
	}
}

// failAt tells an error, at the members of n that its details are about.
func (d *decoder) failAt(n *doctree.Node, err error) {
	e := gatewright.AsError(err)
	details := e.Details
	if len(details) == 0 {
		details = []gatewright.Detail{{Subject: e.Field, Message: e.Message}}
	}
	for _, detail := range details {
		at := n
		for _, member := range membersOf(detail.Subject) {
			if m := n.Get(member); m != nil {
				at = m
			}
		}
		d.failf(at.Place(), "%s", detail.Message)
	}
}

// membersOf returns the members of a document that a detail may be about.
func membersOf(subject string) []string {
	switch subject {
	case "base path":
		return []string{"path"}
	case "operator", "fragment", "texts", "parameter":
		return []string{"params"}
	case "sort", "column":
		return []string{"columns"}
	case "table", "field":
		return []string{"tables"}
	}
	return []string{subject}
}

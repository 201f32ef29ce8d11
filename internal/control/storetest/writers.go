package storetest

import (
	"strconv"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// world is a store with one of everything, to write beside and over.
type world struct {
	group    *gatewright.Group
	api      *gatewright.API
	revision *gatewright.Revision
	bare     *gatewright.Revision // without a version
	unused   *gatewright.Revision // that runs nowhere
	spare    *gatewright.API      // without anything
	slot     gatewright.SlotKey
	change   *gatewright.Change
	instance *gatewright.Instance
	token    *gatewright.Token
	user     *gatewright.User
	claims   []control.Claim
}

func (s *suite) newWorld() *world {
	w := new(world)
	s.update(func(tx control.Tx) {
		w.group, w.api, w.spare = s.newGroup(tx, "g"), s.newAPI(tx, "a"), s.newAPI(tx, "spare")
		s.ok(tx.CreateTrack(&gatewright.Track{API: w.api.ID, Name: "v1", BasePath: "/v1"}))
		w.revision, w.bare = s.newRevision(tx, w.api.ID, "1.0.0", "/x"), s.newRevision(tx, w.api.ID, "", "/y")
		w.unused = s.newRevision(tx, w.api.ID, "", "/z")
		for range 3 {
			s.ok(tx.AppendEvent(control.EventRow{Kind: "x"}))
		}
		s.ok(tx.AddUsage([]gatewright.Usage{{Bucket: tx.Now(), Group: w.group.ID, API: w.api.ID, Calls: 1}}))
		s.ok(tx.BindVersion(gatewright.VersionBinding{API: w.api.ID, Label: "1.0.0", Hash: w.revision.Hash}))
		s.ok(tx.PutGroupResource(w.group.ID, registryNamed("r")))
		w.slot = gatewright.SlotKey{Group: w.group.ID, API: w.api.ID, Track: "v1"}
		s.ok(tx.PutSlot(&gatewright.Slot{SlotKey: w.slot, Revision: w.revision.ID}))
		w.claims = []control.Claim{claim("h", "GET/x 0", "x"), claim("h", "GET/y 0", "y")}
		s.ok(tx.PutClaims(w.slot, w.claims))
		s.ok(oneError(tx.ApplyDelta(w.group.ID, upsert("k", "1"))))
		s.ok(oneError(tx.ApplyDelta(w.group.ID, upsert("l", "2"))))
		s.ok(tx.PutBlob(hash("1"), []byte("1")))
		s.ok(tx.PutBlob(hash("unused"), []byte("unused")))
		w.change = s.newChange(tx, w.group, w.slot)
		s.ok(tx.Stage(w.change.ID, w.group.ID, upsert("m", "3")))
		s.ok(tx.PutOutcome(w.change.ID, gatewright.InstanceOutcome{Instance: "ins_1"}))
		s.ok(tx.PutIdempotency("ann", "k", "r", w.change.ID))
		w.instance, w.token = s.newInstance(tx, w.group, "gw-1"), s.newToken(tx, "t")
		s.ok(tx.AppendAudit(&gatewright.AuditEntry{Action: "x"}))
		s.addPeople(tx, w)
	})
	return w
}

// writer is one method that writes, used so that it has an effect.
type writer struct {
	name  string
	write func(control.Tx) error
}

// writers is every method that writes.
func (w *world) writers() []writer {
	now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	return []writer{
		{"CreateAPI", func(tx control.Tx) error { return tx.CreateAPI(&gatewright.API{ID: "api_n", Name: "n"}) }},
		{"CreateTrack", func(tx control.Tx) error {
			return tx.CreateTrack(&gatewright.Track{API: w.api.ID, Name: "v2", BasePath: "/v2"})
		}},
		{"CreateRevision", func(tx control.Tx) error {
			return tx.CreateRevision(&gatewright.Revision{ID: "rev_n", API: w.api.ID, Definition: w.revision.Definition})
		}},
		{"SealRevision", func(tx control.Tx) error { return tx.SealRevision(w.revision.ID, now) }},
		{"SetRevisionVersion", func(tx control.Tx) error { return tx.SetRevisionVersion(w.bare.ID, "2.0.0") }},
		{"BindVersion", func(tx control.Tx) error {
			return tx.BindVersion(gatewright.VersionBinding{API: w.api.ID, Label: "2.0.0", Hash: hash("n")})
		}},
		{"CreateGroup", func(tx control.Tx) error { return tx.CreateGroup(&gatewright.Group{ID: "grp_n", Name: "n"}) }},
		{"PutGroupResource", func(tx control.Tx) error {
			return tx.PutGroupResource(w.group.ID, &gatewright.GroupResource{Registry: &gatewright.Registry{Name: "r", Type: gatewright.RegistryDNS}})
		}},
		{"DeleteGroupResource", func(tx control.Tx) error { return tx.DeleteGroupResource(w.group.ID, registryNamed("r").Key()) }},
		{"UpdateGroup", func(tx control.Tx) error {
			g := *w.group
			g.Labels = map[string]string{"a": "b"}
			return tx.UpdateGroup(&g)
		}},
		{"UpdateAPI", func(tx control.Tx) error {
			a := *w.api
			a.Settings.Description = "new"
			return tx.UpdateAPI(&a)
		}},
		{"DeleteAPI", func(tx control.Tx) error { return tx.DeleteAPI(w.spare.ID) }},
		{"ReplaceDraft", func(tx control.Tx) error {
			r := *w.bare
			r.Track = "v2"
			return tx.ReplaceDraft(&r)
		}},
		{"DeleteRevision", func(tx control.Tx) error { return tx.DeleteRevision(w.unused.ID) }},
		{"NextConfigID", func(tx control.Tx) error { return oneError(tx.NextConfigID(now)) }},
		{"AppendEvent", func(tx control.Tx) error { return tx.AppendEvent(control.EventRow{Kind: "n"}) }},
		{"DeleteEvents", func(tx control.Tx) error { return tx.DeleteEvents(1) }},
		{"AddUsage", func(tx control.Tx) error { return tx.AddUsage([]gatewright.Usage{{Bucket: now, Calls: 1}}) }},
		{"DeleteUsageBefore", func(tx control.Tx) error { return tx.DeleteUsageBefore(now) }},
		{"PutSlot", func(tx control.Tx) error { return tx.PutSlot(&gatewright.Slot{SlotKey: w.slot, Change: "chg_n"}) }},
		{"PutClaims", func(tx control.Tx) error { return tx.PutClaims(w.slot, w.claims[:1]) }},
		{"ApplyDelta", func(tx control.Tx) error {
			return oneError(tx.ApplyDelta(w.group.ID, gatewright.Delta{Upserts: upsert("n", "1").Upserts, Deletes: []gatewright.Key{"k"}}))
		}},
		{"TrimManifestLog", func(tx control.Tx) error { return tx.TrimManifestLog(w.group.ID, 1) }},
		{"PutBlob", func(tx control.Tx) error { return tx.PutBlob(hash("3"), []byte("3")) }},
		{"DeleteUnreferencedBlobs", func(tx control.Tx) error { return oneError(tx.DeleteUnreferencedBlobs(9)) }},
		{"Stage", func(tx control.Tx) error { return tx.Stage("chg_n", w.group.ID, upsert("n", "unused")) }},
		{"Unstage", func(tx control.Tx) error { return tx.Unstage(w.change.ID) }},
		{"CreateChange", func(tx control.Tx) error {
			return tx.CreateChange(&gatewright.Change{ID: "chg_n", Group: w.group.ID, Items: w.change.Items})
		}},
		{"UpdateChange", func(tx control.Tx) error {
			return tx.UpdateChange(&gatewright.Change{ID: w.change.ID, State: gatewright.ChangeLive, SettledAt: now})
		}},
		{"PutOutcome", func(tx control.Tx) error {
			return tx.PutOutcome(w.change.ID, gatewright.InstanceOutcome{Instance: "ins_1", State: gatewright.OutcomeApplied})
		}},
		{"PutIdempotency", func(tx control.Tx) error { return tx.PutIdempotency("ann", "n", "r", "chg_n") }},
		{"DeleteIdempotencyBefore", func(tx control.Tx) error { return tx.DeleteIdempotencyBefore(now) }},
		{"PutInstance", func(tx control.Tx) error {
			return tx.PutInstance(&gatewright.Instance{ID: w.instance.ID, Group: w.group.ID, Generation: 9})
		}},
		{"PutPins", func(tx control.Tx) error {
			return tx.PutPins(w.instance, []gatewright.Pin{{API: w.api.ID, Track: "v1", Revision: w.revision.ID, Number: 1, Hash: hash("1")}})
		}},
		{"DeleteInstance", func(tx control.Tx) error { return tx.DeleteInstance(w.instance.ID) }},
		{"CreateToken", func(tx control.Tx) error { return tx.CreateToken(&gatewright.Token{ID: "tok_n", Hash: hash("n")}) }},
		{"RevokeToken", func(tx control.Tx) error { return tx.RevokeToken(w.token.ID, now) }},
		{"AppendAudit", func(tx control.Tx) error { return tx.AppendAudit(&gatewright.AuditEntry{Action: "n"}) }},
		{"DeleteAudit", func(tx control.Tx) error { return oneError(tx.DeleteAudit(now, 1)) }},
		{"CreateUser", func(tx control.Tx) error { return tx.CreateUser(&gatewright.User{ID: "usr_n", Name: "n"}, "n", "") }},
		{"UpdateUser", func(tx control.Tx) error {
			return tx.UpdateUser(&gatewright.User{ID: w.user.ID, Name: w.user.Name, Disabled: true}, "")
		}},
		{"CreateProject", func(tx control.Tx) error { return tx.CreateProject(&gatewright.Project{ID: "prj_n", Name: "n"}) }},
		{"UpdateProject", func(tx control.Tx) error {
			return tx.UpdateProject(&gatewright.Project{ID: gatewright.DefaultProject, Name: "renamed"})
		}},
		{"DeleteProject", func(tx control.Tx) error { return tx.DeleteProject("prj_w") }},
		{"CreateBinding", func(tx control.Tx) error {
			return tx.CreateBinding(&gatewright.Binding{ID: "bnd_n", Subject: gatewright.Subject{User: "usr_n"}})
		}},
		{"DeleteBinding", func(tx control.Tx) error { return tx.DeleteBinding("bnd_w") }},
		{"TakeLoginCode", func(tx control.Tx) error { return oneError(tx.TakeLoginCode(hash("w"))) }},
		{"CreateLoginCode", func(tx control.Tx) error {
			return tx.CreateLoginCode(control.LoginCode{Hash: hash("n"), User: w.user.ID, ExpiresAt: now})
		}},
		{"CreateSession", func(tx control.Tx) error {
			return tx.CreateSession(&gatewright.Session{ID: "ses_n", User: w.user.ID, Hash: hash("ses_n")})
		}},
		{"TouchSession", func(tx control.Tx) error { return tx.TouchSession("ses_w", now) }},
		{"DeleteSession", func(tx control.Tx) error { return tx.DeleteSession("ses_w") }},
		{"DeleteSessions", func(tx control.Tx) error { return oneError(tx.DeleteSessions(w.user.ID)) }},
		{"DeleteSessionsBefore", func(tx control.Tx) error { return tx.DeleteSessionsBefore(now, now) }},
		{"TouchToken", func(tx control.Tx) error { return tx.TouchToken(w.token.ID, now) }},
		{"DeleteUser", func(tx control.Tx) error { return tx.DeleteUser(w.user.ID) }},
	}
}

// writeAll calls every writer. Those that would undo each other's footing come
// in an order that works.
func (w *world) writeAll(tx control.Tx) error {
	for _, wr := range w.writers() {
		if err := wr.write(tx); err != nil {
			return err
		}
	}
	return nil
}

// state is all that can be read about the world, written down.
func (s *suite) state(w *world) (state map[string]any) {
	s.Helper()
	s.view(func(tx control.Tx) { state = s.stateIn(tx, w) })
	return state
}

// stateIn is what state is for a transaction.
func (s *suite) stateIn(tx control.Tx, w *world) map[string]any {
	s.Helper()
	state := map[string]any{}
	put := func(name string, v any, err error) {
		if err != nil && gatewright.CodeOf(err) != gatewright.NotFound {
			s.Fatalf("read %s: %v", name, err)
		}
		state[name] = v
	}
	apis := must(tx.APIs("", 100))(s)
	state["apis"] = apis
	for _, a := range apis {
		tracks, err := tx.Tracks(a.ID)
		put("tracks "+a.Name, tracks, err)
		for n := 1; n <= a.LastRevision+1; n++ {
			r, err := tx.RevisionByNumber(a.ID, n)
			put("revision "+a.Name+strconv.Itoa(n), r, err)
		}
	}
	for _, label := range []string{"1.0.0", "2.0.0"} {
		b, err := tx.VersionBinding(w.api.ID, label)
		put("binding "+label, b, err)
	}
	groups, err := tx.Groups()
	put("groups", groups, err)
	users, err := tx.Users(control.UserFilter{Limit: 100})
	put("users", users, err)
	projects, err := tx.Projects()
	put("projects", projects, err)
	roles, err := tx.Bindings(control.BindingFilter{})
	put("roles", roles, err)
	sessions, err := tx.Sessions(w.user.ID)
	put("sessions", sessions, err)
	resources, err := tx.GroupResources(w.group.ID, gatewright.KeyRegistry)
	put("group resources", resources, err)
	events, err := tx.Events(0, 100)
	put("events", events, err)
	pins, err := tx.Pins(control.PinFilter{})
	put("pins", pins, err)
	usage, err := tx.Usage(control.UsageFilter{}, 100)
	put("usage", usage, err)
	slots, err := tx.Slots(control.SlotFilter{})
	put("slots", slots, err)
	claims, err := tx.ClaimHolders(gatewright.SlotKey{Group: w.group.ID}, w.claims)
	put("claims", claims, err)
	manifest, err := tx.Manifest(w.group.ID)
	put("manifest", manifest, err)
	for g := range manifest.Generation + 1 {
		d, ok, err := tx.DeltaSince(w.group.ID, g)
		put("delta "+strconv.FormatInt(g, 10), []any{d, ok}, err)
	}
	for _, body := range []string{"1", "2", "3", "unused"} {
		b, err := tx.Blob(w.group.ID, hash(body))
		put("blob "+body, b, err)
	}
	for _, id := range []gatewright.ChangeID{w.change.ID, "chg_n"} {
		d, err := tx.Staged(id)
		put("staged "+string(id), d, err)
	}
	changes, err := tx.Changes(control.ChangeFilter{})
	put("changes", changes, err)
	history, err := tx.Changes(control.ChangeFilter{API: w.api.ID})
	put("history", history, err)
	for _, key := range []string{"k", "n"} {
		_, id, err := tx.Idempotency("ann", key)
		put("idempotency "+key, id, err)
	}
	instances, err := tx.Instances("")
	put("instances", instances, err)
	tokens, err := tx.Tokens()
	put("tokens", tokens, err)
	audit, err := tx.Audit(control.AuditFilter{Limit: 100})
	put("audit", audit, err)
	return state
}

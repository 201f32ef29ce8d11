package control

import (
	"context"
	"io"
	"time"

	"github.com/gatewright/gatewright"
)

// Store keeps the control plane's state. Implementations pass the suite in
// package storetest.
type Store interface {
	// View calls f with a consistent snapshot. f must not write.
	View(ctx context.Context, f func(Tx) error) error

	// Update calls f in a transaction that commits, durably, when f returns
	// nil, and leaves nothing behind otherwise. Updates exclude one another,
	// so what f reads stays true until it commits. f may be called again after
	// a serialisation failure, so it must have no other effect.
	Update(ctx context.Context, f func(Tx) error) error

	// Signals returns a channel that gets a value, never more than one at a
	// time, soon after an Update that appended an event committed, whichever
	// process made it. A signal may be lost: look now and then all the same.
	// The channel is closed when ctx ends.
	Signals(ctx context.Context) <-chan struct{}

	// Backup writes a consistent copy of everything to w while others go on.
	// [gatewright.Unavailable] when the database has its own tools for that.
	Backup(ctx context.Context, w io.Writer) error

	// Close releases the store; it waits for transactions under way.
	Close() error
}

// Tx is a transaction. Reads of a single thing return a
// [gatewright.NotFound] error when it does not exist; creating what exists
// returns [gatewright.Conflict]. Lists are complete and ordered as said,
// unless they take a limit.
type Tx interface {
	// Now is the store's clock, which decides all times of the control plane.
	Now() time.Time

	apiTx
	revisionTx
	groupTx
	slotTx
	manifestTx
	changeTx
	instanceTx
	questionTx
	pinTx
	flowTx
	dataTx
	tokenTx
	auditTx
	eventTx
	usageTx

	folderTx
	tagTx
	catalogTx

	organisationTx
	runningTx

	userTx
	projectTx
	bindingTx
	sessionTx

	notifyTx
}

type apiTx interface {
	CreateAPI(api *gatewright.API) error // Conflict when the name is taken
	API(id gatewright.APIID) (*gatewright.API, error)
	APIByName(name string) (*gatewright.API, error)
	// UpdateAPI stores name, owner and settings and makes Revised one more;
	// Conflict when Revised is not the stored one, or the name is taken.
	UpdateAPI(api *gatewright.API) error
	// DeleteAPI removes an API with its tracks, revisions and bindings;
	// Conflict while a slot, of whatever group, runs one of them.
	DeleteAPI(id gatewright.APIID) error
	// APIs lists by name, beginning after the name after, at most limit.
	APIs(after string, limit int) ([]*gatewright.API, error)

	CreateTrack(t *gatewright.Track) error                    // Conflict when the API has that name or base path
	Tracks(api gatewright.APIID) ([]*gatewright.Track, error) // by name
	Track(api gatewright.APIID, name string) (*gatewright.Track, error)
}

type revisionTx interface {
	// CreateRevision stores r, gives it the API's next number and sets it in r.
	CreateRevision(r *gatewright.Revision) error
	Revision(id gatewright.RevisionID) (*gatewright.Revision, error)
	// RevisionHead is Revision without routes and document text, for those who
	// only tell what runs.
	RevisionHead(id gatewright.RevisionID) (*gatewright.Revision, error)
	RevisionByNumber(api gatewright.APIID, number int) (*gatewright.Revision, error)
	// RevisionByVersion finds the sealed revision with that version label.
	RevisionByVersion(api gatewright.APIID, label string) (*gatewright.Revision, error)
	// ReplaceDraft gives a draft other content: definition, hash, version and
	// track. Conflict when it is sealed.
	ReplaceDraft(r *gatewright.Revision) error
	// DeleteRevision removes a revision; Conflict while a slot, of whatever
	// group, runs it as its current one or as its canary, and while an instance
	// is pinned to it. Its number and its
	// version binding stay taken.
	DeleteRevision(id gatewright.RevisionID) error
	// RevisionSlots lists the slots that run it, as current one or as canary.
	RevisionSlots(id gatewright.RevisionID) ([]*gatewright.Slot, error)
	// RevisionCount returns how many revisions of the API are stored.
	RevisionCount(api gatewright.APIID) (int, error)
	// DraftByContent finds a draft of the API with that hash and label.
	DraftByContent(api gatewright.APIID, hash gatewright.Hash, label string) (*gatewright.Revision, error)
	// DraftsByVersion lists the drafts of the API with that label, newest
	// first, without the definitions' routes and document text; none for "".
	DraftsByVersion(api gatewright.APIID, label string) ([]*gatewright.Revision, error)
	// Revisions lists newest first, without the definitions' routes and
	// document text; before is an exclusive upper number, 0 for none.
	Revisions(api gatewright.APIID, before, limit int) ([]*gatewright.Revision, error)
	// SealRevision makes a draft immutable. Sealing twice keeps the first time.
	SealRevision(id gatewright.RevisionID, at time.Time) error
	// SetRevisionVersion labels a revision that has no version; Conflict when
	// it has another one.
	SetRevisionVersion(id gatewright.RevisionID, label string) error

	// BindVersion records what a label stands for; Conflict when it stands for
	// other content already.
	BindVersion(b gatewright.VersionBinding) error
	VersionBinding(api gatewright.APIID, label string) (*gatewright.VersionBinding, error)
}

type groupTx interface {
	// CreateGroup stores g with an empty manifest, whose digest it sets in g;
	// Conflict when the name is taken.
	CreateGroup(g *gatewright.Group) error
	Group(id gatewright.GroupID) (*gatewright.Group, error)
	GroupByName(name string) (*gatewright.Group, error)
	Groups() ([]*gatewright.Group, error) // by name

	// UpdateGroup stores labels and settings and makes Revised one more;
	// Conflict when Revised is not the stored one.
	UpdateGroup(g *gatewright.Group) error

	GroupResource(group gatewright.GroupID, key gatewright.Key) (*gatewright.GroupResource, error)
	// GroupResources lists those of a kind, by key.
	GroupResources(group gatewright.GroupID, kind string) ([]*gatewright.GroupResource, error)
	PutGroupResource(group gatewright.GroupID, r *gatewright.GroupResource) error
	DeleteGroupResource(group gatewright.GroupID, key gatewright.Key) error
}

// SlotFilter selects slots; empty members select all.
type SlotFilter struct {
	Group    gatewright.GroupID
	API      gatewright.APIID
	Track    string             // only with API
	Deployed bool               // only those that run something
	Canary   bool               // only those that have a canary
	After    gatewright.SlotKey // begin after it; the zero key begins with the first
	Limit    int                // 0 for all
}

// Claim is a route's hold on requests of one host in a group. Two slots never
// hold claims with equal Group, Host and Key.
type Claim struct {
	Slot  gatewright.SlotKey
	Host  string // canonical host pattern; "" for any host
	Key   string // method, template shape and priority
	Head  string // first segment of the shape: a literal, or "{}" when it holds a parameter, or "*"
	Route string // name of the route, for messages
	Path  string // full template, for messages and overlap
}

type slotTx interface {
	Slot(key gatewright.SlotKey) (*gatewright.Slot, error)
	Slots(f SlotFilter) ([]*gatewright.Slot, error) // by group, API, track
	PutSlot(s *gatewright.Slot) error

	// PutClaims replaces the claims of a slot; an empty list releases them.
	PutClaims(slot gatewright.SlotKey, claims []Claim) error
	// ClaimHolders returns the claims of the group, other than those of slot,
	// that have one of the given host and key pairs (Host and Key are read).
	ClaimHolders(slot gatewright.SlotKey, wanted []Claim) ([]Claim, error)
	// ClaimsByHead returns at most limit claims of the group with that host
	// whose head is one of heads, any head when heads is nil, other than those
	// of the API of slot.
	ClaimsByHead(slot gatewright.SlotKey, host string, heads []string, limit int) ([]Claim, error)
}

type manifestTx interface {
	Manifest(group gatewright.GroupID) (*gatewright.Manifest, error)
	// ApplyDelta alters the group's manifest, makes it the next generation,
	// appends to its log and returns the new generation.
	ApplyDelta(group gatewright.GroupID, d gatewright.Delta) (int64, error)
	// ManifestDigest returns the digest the manifest had in a generation from
	// which DeltaSince leads on; "" for any other.
	ManifestDigest(group gatewright.GroupID, generation int64) (gatewright.Digest, error)
	// DeltaSince returns what leads from generation to the current one, and
	// false when the log no longer reaches back that far.
	DeltaSince(group gatewright.GroupID, generation int64) (gatewright.Delta, bool, error)
	// TrimManifestLog forgets all but the newest keep entries of the log.
	TrimManifestLog(group gatewright.GroupID, keep int) error

	PutBlob(hash gatewright.Hash, body []byte) error
	// Blob returns a blob that the group's manifest, a change being prepared in
	// the group or a pin of one of its instances names; NotFound for any other.
	Blob(group gatewright.GroupID, hash gatewright.Hash) ([]byte, error)
	// DeleteUnreferencedBlobs removes at most limit blobs that no manifest, no
	// staged change and no pin names and returns how many.
	DeleteUnreferencedBlobs(limit int) (int, error)

	// Stage keeps the delta a change is preparing; Unstage forgets it.
	Stage(change gatewright.ChangeID, group gatewright.GroupID, d gatewright.Delta) error
	Staged(change gatewright.ChangeID) (gatewright.Delta, error) // NotFound when none is staged
	Unstage(change gatewright.ChangeID) error
}

// ChangeFilter selects changes; empty members select all.
type ChangeFilter struct {
	Group     gatewright.GroupID
	API       gatewright.APIID
	Track     string         // only with API
	Resource  gatewright.Key // only with Group: those that altered that group resource
	Unsettled bool           // only those under way
	Activated bool           // only those that reached the gateways
	Before    gatewright.ChangeID
	Limit     int // 0 for all
}

type changeTx interface {
	// CreateChange stores a change; Items never change afterwards.
	CreateChange(c *gatewright.Change) error
	// UpdateChange stores everything but Items and Outcomes.
	UpdateChange(c *gatewright.Change) error
	// Change returns a change with its outcomes.
	Change(id gatewright.ChangeID) (*gatewright.Change, error)
	// NextConfigID counts the publishes of a day and returns the ID of the
	// next, "2026-11-21r0" being the first one of that day.
	NextConfigID(day time.Time) (string, error)
	// Changes lists newest first, outcomes included.
	Changes(f ChangeFilter) ([]*gatewright.Change, error)
	// SlotRuns lists newest first what activated changes made a slot run, at
	// most limit of them.
	SlotRuns(slot gatewright.SlotKey, limit int) ([]gatewright.SlotRun, error)
	// SlotRan reports whether an activated change made the slot run it.
	SlotRan(slot gatewright.SlotKey, revision gatewright.RevisionID) (bool, error)
	// PutOutcome records what an instance did with a change.
	PutOutcome(change gatewright.ChangeID, o gatewright.InstanceOutcome) error

	// PutIdempotency remembers which change a key made for an actor, "" when
	// it made none, together with a fingerprint of the request.
	PutIdempotency(actor, key string, request gatewright.Hash, change gatewright.ChangeID) error
	// Idempotency returns what PutIdempotency remembered; NotFound if nothing.
	Idempotency(actor, key string) (request gatewright.Hash, change gatewright.ChangeID, err error)
	// DeleteIdempotencyBefore forgets keys stored before t.
	DeleteIdempotencyBefore(t time.Time) error
}

type instanceTx interface {
	PutInstance(i *gatewright.Instance) error // creates or replaces
	Instance(id gatewright.InstanceID) (*gatewright.Instance, error)
	Instances(group gatewright.GroupID) ([]*gatewright.Instance, error) // by name, then ID; "" for all groups
	DeleteInstance(id gatewright.InstanceID) error                      // with what it is pinned to
}

// ConfigRun is what a slot ran under a configuration ID.
type ConfigRun struct {
	Group    gatewright.GroupID
	API      gatewright.APIID
	Track    string
	Revision gatewright.RevisionID
}

// InstancePin is one of an instance's pins.
type InstancePin struct {
	Instance gatewright.InstanceID
	gatewright.Pin
}

// PinFilter selects pins; empty members select all.
type PinFilter struct {
	Group gatewright.GroupID
	API   gatewright.APIID
}

type pinTx interface {
	// ConfigRuns lists what activated changes, of all groups, made slots run
	// under a configuration ID, each once, by group, API and track, at most
	// limit. What ran may have been deleted since.
	ConfigRuns(configID string, limit int) ([]ConfigRun, error)
	// PutPins replaces the pins of a stored instance. While it has them, their
	// revisions cannot be deleted alone and their blobs are kept.
	PutPins(instance *gatewright.Instance, pins []gatewright.Pin) error
	// Pins lists by instance, API and track.
	Pins(f PinFilter) ([]InstancePin, error)
}

type tokenTx interface {
	CreateToken(t *gatewright.Token) error
	// TokenByHash finds a token that is not revoked.
	TokenByHash(hash gatewright.Hash) (*gatewright.Token, error)
	Token(id gatewright.TokenID) (*gatewright.Token, error)
	Tokens() ([]*gatewright.Token, error) // by creation, revoked ones included
	// TokensOf lists a user's, by creation, revoked ones included.
	TokensOf(owner gatewright.UserID) ([]*gatewright.Token, error)
	TouchToken(id gatewright.TokenID, at time.Time) error // sets LastUsedAt
	RevokeToken(id gatewright.TokenID, at time.Time) error
}

// AuditFilter selects audit entries; empty members select all.
type AuditFilter struct {
	Actor   string
	Action  string // all of a noun when it ends with a dot: "token."
	Target  string
	Address string
	Group   gatewright.GroupID
	API     gatewright.APIID // also changes of several APIs, if it is one of them
	Since   time.Time
	Until   time.Time // exclusive; zero for no end
	Outcome gatewright.AuditOutcome
	Before  int64 // exclusive upper ID; 0 for none
	After   int64 // exclusive lower ID
	Oldest  bool  // oldest first instead of newest first
	Limit   int   // at most so many
}

type auditTx interface {
	// AppendAudit links an entry to the newest one ([gatewright.AuditEntry.Link])
	// and writes it.
	AppendAudit(e *gatewright.AuditEntry) error
	// Audit lists the entries that the filter selects.
	Audit(f AuditFilter) ([]*gatewright.AuditEntry, error)
	// CountAudit returns how many entries that would list.
	CountAudit(f AuditFilter) (int, error)
	AuditEntry(id int64) (*gatewright.AuditEntry, error)
	// AuditHead returns the newest entry ever written, whether it is still
	// there or not.
	AuditHead() (gatewright.AuditHead, error)
	// AuditAnchor returns the newest entry that DeleteAudit deleted; without a
	// hash, the last one that is older than the chain.
	AuditAnchor() (gatewright.AuditHead, error)
	// DeleteAudit deletes the oldest entries, at most limit of them and none
	// from before on, makes the last of them the anchor, and returns how many.
	DeleteAudit(before time.Time, limit int) (int, error)
}

// EventRow is an event as it is stored: what happened to what.
type EventRow struct {
	Seq    int64  // in order of commit; AppendEvent gives it
	Origin string // the process it happened in
	Kind   string
	Ref    string // identifier of the thing
}

// Replicas of the control plane hear of each other's work by events.
type eventTx interface {
	AppendEvent(e EventRow) error
	// Events lists those after seq in order, at most limit.
	Events(after int64, limit int) ([]EventRow, error)
	// LastEvent returns the newest event's Seq; 0 when there is none.
	LastEvent() (int64, error)
	// DeleteEvents forgets all but the newest keep events.
	DeleteEvents(keep int) error
}

// UsageFilter selects usage; empty members select all.
type UsageFilter struct {
	Group gatewright.GroupID
	API   gatewright.APIID
	Track string // only with API
	App   gatewright.AppID
	Since time.Time // first bucket
	Until time.Time // exclusive; zero for no end
}

type usageTx interface {
	// AddUsage adds to what is counted already.
	AddUsage(counts []gatewright.Usage) error
	// Usage lists by bucket, group, API, track, revision, route and app, at
	// most limit.
	Usage(f UsageFilter, limit int) ([]gatewright.Usage, error)
	// DeleteUsageBefore forgets buckets that began before t.
	DeleteUsageBefore(t time.Time) error
}

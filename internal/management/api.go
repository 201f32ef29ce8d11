package management

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// Bounds of the API.
const (
	// MaxBodyBytes bounds a request's body. Written as a JSON string, a
	// document of the greatest length takes up to twice its bytes, strange
	// ones excepted.
	MaxBodyBytes = 2*gatewright.MaxDocumentBytes + 1<<20
	// MaxDepth bounds the nesting of a JSON body.
	MaxDepth = 32
	// MaxWait bounds how long a request may ask to wait for a change.
	MaxWait = time.Minute
	// MaxStreams bounds the event streams at a time.
	MaxStreams = 256
	// MaxWaiting bounds the requests that wait for a change at a time. They have
	// a bound of their own: dashboards must not keep anybody from deploying.
	MaxWaiting = 256
	// DefaultHeartbeat is how often a silent event stream shows that it lives.
	DefaultHeartbeat = 15 * time.Second

	requestTimeout  = 30 * time.Second // for the work of one request, waiting excepted
	bodyReadTimeout = time.Minute      // for a body to arrive
	writeTimeout    = 30 * time.Second // for the reader of an answer to take it
)

// Config holds what the API is told about its surroundings.
type Config struct {
	Build     wire.Build
	Log       *slog.Logger     // nil means nowhere
	Clock     func() time.Time // for request identifiers and durations in the log; nil means time.Now
	Heartbeat time.Duration    // of event streams; 0 means DefaultHeartbeat
	OIDC      *OIDC            // logins through an OpenID provider; nil for none
	// SecureFront says that something in front does TLS, so that browsers'
	// cookies are to be kept from plain HTTP.
	SecureFront bool
}

// API is the management API over one control plane. Its methods may be called
// concurrently.
type API struct {
	control *control.Control
	cfg     Config
	huma    huma.API
	mux     *http.ServeMux
	rights  map[string]right // by operation
	opened  map[string]bool  // patterns of routes that ask for no proof

	streams   chan struct{} // one for each event stream
	waiting   chan struct{} // one for each request that waits
	closing   chan struct{} // closed by Close
	closeOnce sync.Once
}

// New returns the API of c.
func New(c *control.Control, cfg Config) *API {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Heartbeat == 0 {
		cfg.Heartbeat = DefaultHeartbeat
	}
	a := &API{
		control: c, cfg: cfg, mux: http.NewServeMux(), rights: rights(), opened: map[string]bool{},
		streams: make(chan struct{}, MaxStreams), waiting: make(chan struct{}, MaxWaiting), closing: make(chan struct{}),
	}
	a.huma = humago.New(a.mux, humaConfig(cfg.Build))
	a.huma.UseMiddleware(unifyStatus)
	a.planRoutes()
	a.changeRoutes()
	a.decisionRoutes()
	a.apiRoutes()
	a.searchRoutes()
	a.settingsRoutes()
	a.folderRoutes()
	a.tagRoutes()
	a.revisionRoutes()
	a.groupRoutes()
	a.usageRoutes()
	a.organisationRoutes()
	a.appRoutes()
	a.tokenRoutes()
	a.loginRoutes()
	a.userRoutes()
	a.sessionRoutes()
	a.projectRoutes()
	a.bindingRoutes()
	a.instanceRoutes()
	a.auditRoutes()
	a.eventRoutes()
	a.receiverRoutes()
	a.deliveryRoutes()
	a.templateRoutes()
	a.versionRoutes()
	a.backupRoutes()
	a.saveRoutes()
	a.compareRoutes()
	a.exportRoutes()
	a.applyRoutes()
	a.documentRoutes() // last: it describes the others
	return a
}

// Handler returns the API as a handler for a server's root.
func (a *API) Handler() http.Handler { return http.HandlerFunc(a.serve) }

// Close ends event streams and answers requests that wait, so that a server
// can shut down. Call it when the shutdown begins
// ([http.Server.RegisterOnShutdown]); other requests go on.
func (a *API) Close() { a.closeOnce.Do(func() { close(a.closing) }) }

// take takes one of the places; the caller gives it back with done.
func take(places chan struct{}, what string) (done func(), err error) {
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	default:
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "%d %s are open, the limit; close one, or ask now and then instead", cap(places), what)
	}
}

package gatewright

import (
	"net/netip"
	"net/url"
	"strings"
)

// Limits of an [ExplainQuestion].
const (
	MaxExplainHeaders = 100
	MaxExplainURL     = 8 << 10 // bytes
	maxExplainHeader  = 16 << 10
	maxMethodBytes    = 64
)

// ExplainQuestion describes a request. Nothing is sent to any upstream because
// of it, and nothing is counted.
type ExplainQuestion struct {
	Method  string          `json:"method"`
	URL     string          `json:"url"`               // absolute: scheme, host, path and query
	Headers []ExplainHeader `json:"headers,omitempty"` // those that matter: keys, what a canary goes by
	Client  string          `json:"client,omitempty"`  // address of who asks; "" for one that meets no condition
}

// ExplainHeader is one field of a request.
type ExplainHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Validate checks that q describes a request a gateway could receive. Whether
// its host and path are sound the gateway says.
func (q *ExplainQuestion) Validate() error {
	if q.Method == "" || len(q.Method) > maxMethodBytes || !isToken(q.Method) {
		return FieldErrorf("method", "method %.100q is not one of HTTP, like GET", q.Method)
	}
	if len(q.URL) > MaxExplainURL {
		return FieldErrorf("url", "the URL has %d bytes; at most %d are allowed", len(q.URL), MaxExplainURL)
	}
	u, err := url.Parse(q.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return FieldErrorf("url", "URL %.200q is not absolute, like http://api.example.com/pet/1", MaskText(q.URL))
	}
	if u.User != nil || u.Fragment != "" {
		return FieldErrorf("url", "the URL has a user or a fragment, which no request tells a gateway")
	}
	if len(q.Headers) > MaxExplainHeaders {
		return FieldErrorf("headers", "%d headers; at most %d are allowed", len(q.Headers), MaxExplainHeaders)
	}
	for _, h := range q.Headers {
		if !isToken(h.Name) || len(h.Name)+len(h.Value) > maxExplainHeader || strings.ContainsFunc(h.Value, isControl) {
			return FieldErrorf("headers", "header %.100q is not one that a request can have", h.Name)
		}
	}
	if q.Client != "" {
		if _, err := netip.ParseAddr(q.Client); err != nil {
			return FieldErrorf("client", "client %.100q is not an IP address", q.Client)
		}
	}
	return nil
}

// Title names the request without what may be secret: query and headers.
func (q *ExplainQuestion) Title() string {
	place, _, _ := strings.Cut(q.URL, "?")
	return q.Method + " " + place
}

// isToken reports whether s is a token of RFC 9110.
func isToken(s string) bool {
	const others = "!#$%&'*+-.^_`|~"
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(others, r)
	})
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// ExplainOutcome says what a gateway would do with a request.
type ExplainOutcome string

// The outcomes of an [Explanation].
const (
	ExplainServed   ExplainOutcome = "served"   // it is passed on to the upstream, or answered by a data API
	ExplainPolicies ExplainOutcome = "policies" // as served, if the policies let it pass; they are not run
	ExplainRefused  ExplainOutcome = "refused"  // the gateway answers it with Problem
)

// Explanation is what a gateway would do with a request at this moment.
type Explanation struct {
	Outcome    ExplainOutcome `json:"outcome"`
	Generation int64          `json:"generation"` // of what it runs
	Host       string         `json:"host"`       // canonical
	Path       string         `json:"path"`       // canonical
	// HostKnown tells, when no route fits, whether any would with another path.
	HostKnown bool             `json:"hostKnown"`
	Problem   *ExplainProblem  `json:"problem,omitempty"`
	Slot      *ExplainSlot     `json:"slot,omitempty"`
	Route     *ExplainRoute    `json:"route,omitempty"`
	Access    *ExplainAccess   `json:"access,omitempty"`
	Upstream  *ExplainUpstream `json:"upstream,omitempty"`
	Policies  []string         `json:"policies,omitempty"` // types, in the order in which they act on the request
}

// ExplainProblem is how a gateway refuses a request.
type ExplainProblem struct {
	Cause   string   `json:"cause"` // as in the type of the problem and in the access log
	Status  int      `json:"status"`
	Title   string   `json:"title"`
	Detail  string   `json:"detail,omitempty"`
	Reason  string   `json:"reason,omitempty"`  // what the caller is not told
	Allowed []string `json:"allowed,omitempty"` // methods that have a route here
}

// ExplainSlot is the place a request belongs to, and which side of it.
type ExplainSlot struct {
	API      APIID          `json:"api"`
	Name     string         `json:"name"`
	Track    string         `json:"track"`
	Enabled  bool           `json:"enabled"`
	Revision int            `json:"revision"`
	Version  string         `json:"version,omitempty"`
	ConfigID string         `json:"configId,omitempty"`
	Canary   *ExplainCanary `json:"canary,omitempty"` // nil when none is on
}

// ExplainCanary is why a request takes or does not take a canary.
type ExplainCanary struct {
	Taken    bool   `json:"taken"`
	Revision int    `json:"revision"`
	Version  string `json:"version,omitempty"`
	Share    int    `json:"share"`            // of 10,000 requests that meet the conditions
	Meets    bool   `json:"meets"`            // the request meets the conditions, if there are any
	Key      string `json:"key,omitempty"`    // what callers are recognised by
	Random   bool   `json:"random"`           // the next such request may take the other side
	Rule     string `json:"rule"`             // all of that in words
	Failed   string `json:"failed,omitempty"` // the first condition it does not meet
}

// ExplainRoute is the route that fits.
type ExplainRoute struct {
	Name      string            `json:"name"`
	Methods   []string          `json:"methods,omitempty"` // none for any
	Path      string            `json:"path"`              // template, whole
	Priority  int               `json:"priority"`
	Params    map[string]string `json:"params,omitempty"`    // as they stand in the path
	Preflight bool              `json:"preflight,omitempty"` // it stands for OPTIONS requests of browsers too
}

// ExplainAccess says who may call, and as whom the request does.
type ExplainAccess struct {
	Mode   AccessMode `json:"mode"`             // "" when anybody may
	Header string     `json:"header,omitempty"` // where the key is looked for
	Query  string     `json:"query,omitempty"`
	App    string     `json:"app,omitempty"` // that calls
}

// ExplainUpstream says where the request would go.
type ExplainUpstream struct {
	Scheme    string            `json:"scheme"`
	Host      string            `json:"host,omitempty"` // field sent; "" is that of the address
	Path      string            `json:"path"`
	Service   string            `json:"service,omitempty"` // that addresses are discovered of
	Registry  string            `json:"registry,omitempty"`
	Endpoints []ExplainEndpoint `json:"endpoints" nullable:"false"` // one of them, by weight
}

// ExplainEndpoint is one address of an upstream.
type ExplainEndpoint struct {
	Address string `json:"address"`
	Host    string `json:"host"`
	Weight  int    `json:"weight"`
	Failed  bool   `json:"failed,omitempty"` // passed by at present, because a connection failed
}

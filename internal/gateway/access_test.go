package gateway

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// shop makes an app with one key and a grant for one API, altered by each of
// change.
func shop(name, key string, api gatewright.APIID, change ...func(*gatewright.AppResource)) *gatewright.AppResource {
	a := &gatewright.AppResource{
		ID: gatewright.AppID("app_" + strings.ToLower(name)), Name: name,
		Keys:   []gatewright.KeyResource{{Hash: gatewright.HashBytes([]byte(key))}},
		Grants: []gatewright.GrantResource{{API: api, Clearance: gatewright.SecuritySecret}},
	}
	for _, c := range change {
		c(a)
	}
	return a
}

func appUpdate(t testing.TB, apps ...*gatewright.AppResource) Update {
	t.Helper()
	u := Update{Upserts: map[gatewright.Key]Loaded{}}
	for _, a := range apps {
		u.Upserts[gatewright.AppKey(a.ID)] = Load(t, &gatewright.Resource{App: a})
	}
	return u
}

func addApps(t testing.TB, g *Gateway, apps ...*gatewright.AppResource) {
	t.Helper()
	if rej := g.Apply(appUpdate(t, apps...), g.Generation()+1); len(rej) > 0 {
		t.Fatal(rej)
	}
}

// guarded is pets() for apps only, altered by each of change.
func guarded(change ...func(*gatewright.SlotResource)) *APISpec {
	a := pets()
	a.Slot = func(s *gatewright.SlotResource) {
		s.Access.Mode = gatewright.AccessApp
		for _, c := range change {
			c(s)
		}
	}
	return a
}

// hand is a clock that tests set.
type hand struct{ at atomic.Int64 }

func newHand() *hand {
	h := new(hand)
	h.at.Store(clock().UnixNano())
	return h
}

func (h *hand) now() time.Time          { return time.Unix(0, h.at.Load()).UTC() }
func (h *hand) forward(d time.Duration) { h.at.Add(int64(d)) }

func TestAccess(t *testing.T) {
	inQuery := func(s *gatewright.SlotResource) { s.Access.Query = "api-key" }
	header := func(fields ...string) func(*exchange.Exchange) {
		return func(ex *exchange.Exchange) {
			for i := 0; i < len(fields); i += 2 {
				ex.Header.AddParsed(fields[i], fields[i+1])
			}
		}
	}
	query := func(q string, fields ...string) func(*exchange.Exchange) {
		return func(ex *exchange.Exchange) {
			ex.Query, ex.HasQuery = q, true
			ex.Target.Query, ex.Target.HasQuery = q, true
			header(fields...)(ex)
		}
	}
	grant := func(f func(*gatewright.GrantResource)) func(*gatewright.AppResource) {
		return func(a *gatewright.AppResource) { f(&a.Grants[0]) }
	}
	key := func(f func(*gatewright.KeyResource)) func(*gatewright.AppResource) {
		return func(a *gatewright.AppResource) { f(&a.Keys[0]) }
	}
	now := clock()
	tests := []struct {
		name   string
		slot   func(*gatewright.SlotResource)
		app    func(*gatewright.AppResource)
		ask    func(*exchange.Exchange)
		status int    // 0: it passes
		cause  string // and words of the detail
		query  string // that the upstream gets
	}{
		{name: "key", ask: header("X-API-Key", "secret")},
		{name: "name of the header in another case", ask: header("x-api-KEY", "secret")},
		{name: "header of another name", slot: func(s *gatewright.SlotResource) { s.Access.Header = "Authorization-Key" }, ask: header("authorization-key", "secret")},
		{name: "default header when there is another", slot: func(s *gatewright.SlotResource) { s.Access.Header = "X-Other" }, ask: header("X-API-Key", "secret"), status: 401, cause: "unauthenticated"},
		{name: "no key", status: 401, cause: "unauthenticated"},
		{name: "empty key", ask: header("X-API-Key", ""), status: 401, cause: "unauthenticated"},
		{name: "wrong key", ask: header("X-API-Key", "Secret"), status: 401, cause: "unauthenticated"},
		{name: "hash in place of the key", ask: header("X-API-Key", string(gatewright.HashBytes([]byte("secret")))), status: 401, cause: "unauthenticated"},
		{name: "key twice", ask: header("X-API-Key", "secret", "X-Api-Key", "secret"), status: 400, cause: "several-keys"},
		{name: "two keys", ask: header("X-API-Key", "secret", "X-Api-Key", "other"), status: 400, cause: "several-keys"},
		{name: "query that is not looked at", ask: query("api%2Dkey=secret"), status: 401, cause: "unauthenticated"},
		{name: "query", slot: inQuery, ask: query("a=1&api%2Dkey=secret&b=%20"), query: "a=1&b=%20"},
		{name: "query, encoded", slot: inQuery, ask: query("%61pi-key=%73ecret"), query: ""},
		{name: "query and header with the same key", slot: inQuery, ask: query("api%2Dkey=secret&x", "X-API-Key", "secret"), query: "x"},
		{name: "query and header with different keys", slot: inQuery, ask: query("api%2Dkey=other", "X-API-Key", "secret"), status: 400, cause: "several-keys"},
		{name: "query twice", slot: inQuery, ask: query("api%2Dkey=secret&api-key=secret"), status: 400, cause: "several-keys"},
		{name: "not yet good", app: key(func(k *gatewright.KeyResource) { k.NotBefore = now.Add(1) }), ask: header("X-API-Key", "secret"), status: 401, cause: "unauthenticated"},
		{name: "good from now on", app: key(func(k *gatewright.KeyResource) { k.NotBefore = now }), ask: header("X-API-Key", "secret")},
		{name: "expired now", app: key(func(k *gatewright.KeyResource) { k.ExpiresAt = now }), ask: header("X-API-Key", "secret"), status: 401, cause: "unauthenticated"},
		{name: "expires soon", app: key(func(k *gatewright.KeyResource) { k.ExpiresAt = now.Add(1) }), ask: header("X-API-Key", "secret")},
		{name: "grant for another API", app: grant(func(g *gatewright.GrantResource) { g.API = "api_9" }), ask: header("X-API-Key", "secret"), status: 403, cause: "no-grant"},
		{name: "grant expired", app: grant(func(g *gatewright.GrantResource) { g.ExpiresAt = now }), ask: header("X-API-Key", "secret"), status: 403, cause: "no-grant"},
		{name: "grant expires soon", app: grant(func(g *gatewright.GrantResource) { g.ExpiresAt = now.Add(1) }), ask: header("X-API-Key", "secret")},
		{name: "clearance is enough", slot: func(s *gatewright.SlotResource) { s.Security = gatewright.SecuritySecret }, ask: header("X-API-Key", "secret")},
		{name: "clearance is too low", slot: func(s *gatewright.SlotResource) { s.Security = gatewright.SecurityConfidential }, ask: header("X-API-Key", "secret"), status: 403, cause: "clearance"},
		{name: "disabled slot does not ask", slot: func(s *gatewright.SlotResource) { s.Enabled = false }, status: 404, cause: "api-disabled"},
		{name: "retired slot does not ask", slot: func(s *gatewright.SlotResource) { s.Lifecycle = &gatewright.Lifecycle{RetiredAt: now} }, status: 410, cause: "api-retired"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			spec := guarded()
			if tt.slot != nil {
				spec = guarded(tt.slot)
			}
			app := shop("Shop", "secret", spec.ID)
			if tt.app != nil {
				tt.app(app)
			}
			var log strings.Builder
			g := idle(t, Config{Clock: clock, AccessLog: &log}, spec)
			addApps(t, g, app, shop("Other", "other", "api_9"))
			ex := request("GET", "/pets/1")
			ex.Header.AddParsed(AppHeader, "Admin")
			ex.Header.AddParsed("x_consumer_app_id", "app_admin")
			if tt.ask != nil {
				tt.ask(ex)
			}
			a := ask(g, ex)
			if a.status != tt.status || !strings.Contains(a.body, tt.cause) {
				t.Fatalf("status %d, %s; want %d, %s", a.status, a.body, tt.status, tt.cause)
			}
			if got := a.header["WWW-Authenticate"]; (got != "") != (tt.status == 401) || got != "" && !strings.HasPrefix(got, "ApiKey realm=") {
				t.Errorf("WWW-Authenticate: %q", got)
			}
			if tt.status != 0 {
				_ = g.Shutdown(t.Context())
				if strings.Contains(log.String()+a.body, "secret") {
					t.Errorf("the key is told: %s %s", log.String(), a.body)
				}
				return
			}
			want := exchange.Header{}
			want.AddParsed(AppHeader, "Shop")
			want.AddParsed(AppIDHeader, "app_shop")
			if got := fmt.Sprint(ex.Header); got != fmt.Sprint(want) {
				t.Errorf("the upstream gets %v, want %v", got, want)
			}
			if ex.Target.Query != tt.query || ex.Target.HasQuery != (tt.query != "") {
				t.Errorf("the upstream gets the query %q (%t)", ex.Target.Query, ex.Target.HasQuery)
			}
		})
	}
}

// TestStrangersLearnNothing: whatever is wrong with a key, the answer is the
// same.
func TestStrangersLearnNothing(t *testing.T) {
	spec := guarded()
	g := idle(t, Config{Clock: clock}, spec)
	addApps(t, g,
		shop("Expired", "expired", spec.ID, func(a *gatewright.AppResource) { a.Keys[0].ExpiresAt = clock() }),
		shop("Early", "early", spec.ID, func(a *gatewright.AppResource) { a.Keys[0].NotBefore = clock().Add(time.Hour) }))
	var first string
	for _, key := range []string{"nobody's", "expired", "early", ""} {
		ex := request("GET", "/pets/1")
		ex.Header.AddParsed("X-API-Key", key)
		a := ask(g, ex)
		got := fmt.Sprint(a.status, a.body, a.header)
		if first == "" {
			first = got
		}
		if got != first {
			t.Errorf("for the key %q the answer is %s, and %s for another", key, got, first)
		}
	}
}

// TestIdentityIsOurs: what clients say about themselves goes nowhere, whoever
// may call.
func TestIdentityIsOurs(t *testing.T) {
	g := idle(t, Config{}, pets())
	ex := request("GET", "/pets/1")
	for _, name := range []string{"X-Consumer-App", "x-consumer-app", "X_Consumer_App", "X-Consumer-App-Id", "X-CONSUMER_APP-ID"} {
		ex.Header.AddParsed(name, "admin")
	}
	ex.Header.AddParsed("X-API-Key", "the upstream's own")
	if a := ask(g, ex); !a.forward || ex.Header.Len() != 1 {
		t.Errorf("the upstream gets %v", ex.Header)
	}
}

func TestAppNameInField(t *testing.T) {
	for name, want := range map[string]string{"Shop 1": "Shop 1", "数据": "%E6%95%B0%E6%8D%AE", "50% off": "50%25 off", "é": "%C3%A9"} {
		if got := fieldText(name); got != want || !exchange.ValidValue(got) {
			t.Errorf("%q is sent as %q, want %q", name, got, want)
		}
	}
}

// TestAppUpdates: an app that changes touches nothing else, and a key that is
// taken away is no good from the next request on.
func TestAppUpdates(t *testing.T) {
	spec := guarded()
	g := idle(t, Config{}, spec)
	may := func(key string) bool {
		ex := request("GET", "/pets/1")
		ex.Header.AddParsed("X-API-Key", key)
		return ask(g, ex).forward
	}
	var apps []*gatewright.AppResource
	for i := range 100 {
		apps = append(apps, shop(fmt.Sprint("n", i), fmt.Sprint("key", i), spec.ID))
	}
	addApps(t, g, apps...)
	before := g.current.Load()
	if !may("key7") || !may("key99") {
		t.Fatal("keys are not good")
	}
	// Key 7 gives way to another one.
	addApps(t, g, shop("n7", "key7b", spec.ID))
	if may("key7") || !may("key7b") || !may("key8") {
		t.Error("after a rotation the wrong keys are good")
	}
	after := g.current.Load()
	if after.table != before.table || after.slots.Root() != before.slots.Root() || after.seats.at(0) != before.seats.at(0) || after.users.Root() != before.users.Root() {
		t.Error("the change of an app touched slots")
	}
	if s := g.Status(); s.Apps != 100 || s.Keys != 100 {
		t.Errorf("%d apps, %d keys", s.Apps, s.Keys)
	}
	// A key moves from one app to another in one update.
	addApps(t, g, shop("n8", "key8b", spec.ID), shop("n9", "key8", spec.ID))
	if !may("key8") || !may("key8b") || may("key9") {
		t.Error("after a key moved the wrong keys are good")
	}
	// Two apps with one key: the newcomer is rejected, the others stay.
	rej := g.Apply(appUpdate(t, shop("zz", "key1", spec.ID), shop("n2", "key3", spec.ID)), 9)
	if len(rej) != 2 || rej[0].Key != "app/app_n2" || rej[1].Key != "app/app_zz" || !strings.Contains(rej[1].Reason, "a key of app n1 too") {
		t.Errorf("rejections %+v", rej)
	}
	if !may("key1") || !may("key2") || !may("key3") {
		t.Error("after rejections the wrong keys are good")
	}
	// And they go.
	if rej := g.Apply(Update{Deletes: []gatewright.Key{"app/app_n1", "app/app_none"}}, 10); len(rej) > 0 || may("key1") || !may("key2") {
		t.Errorf("after a deletion the wrong keys are good; %v", rej)
	}
	if rej := g.Apply(Update{Full: true}, 11); len(rej) > 0 || g.current.Load().keys.Len() != 0 || g.current.Load().apps.Len() != 0 {
		t.Errorf("%d keys are left; %v", g.current.Load().keys.Len(), rej)
	}
}

func TestGrantLimit(t *testing.T) {
	h := newHand()
	spec := guarded()
	limited := func(qps int) *gatewright.AppResource {
		return shop("Shop", "secret", spec.ID, func(a *gatewright.AppResource) { a.Grants[0].QPS = qps })
	}
	g := idle(t, Config{Clock: h.now}, spec)
	addApps(t, g, limited(3), shop("Other", "other", spec.ID))
	try := func(key string) answer {
		ex := request("GET", "/pets/1")
		ex.Header.AddParsed("X-API-Key", key)
		return ask(g, ex)
	}
	for i := range 3 {
		if a := try("secret"); !a.forward {
			t.Fatalf("request %d: %d %s", i, a.status, a.body)
		}
	}
	a := try("secret")
	if a.status != 429 || a.header["Retry-After"] != "1" || !strings.Contains(a.body, "3 times a second") {
		t.Fatalf("beyond the limit: %d %v %s", a.status, a.header, a.body)
	}
	if !try("other").forward {
		t.Error("another app's limit is used up too")
	}
	// What is used up stays so while only other things change.
	addApps(t, g, shop("Shop", "secret", spec.ID, func(a *gatewright.AppResource) {
		a.Grants[0].QPS, a.Grants[0].Clearance = 3, gatewright.SecurityConfidential
	}))
	if try("secret").forward {
		t.Error("a change of the clearance fills the bucket")
	}
	addApps(t, g, limited(4))
	if !try("secret").forward {
		t.Error("a new limit does not begin anew")
	}
	h.forward(time.Hour)
	for i := range 4 {
		if !try("secret").forward {
			t.Errorf("after a rest request %d is refused", i)
		}
	}
	if try("secret").forward {
		t.Error("an hour's rest gives more than a second's worth")
	}
}

func TestSlotLimit(t *testing.T) {
	h := newHand()
	spec := pets()
	spec.Slot = func(s *gatewright.SlotResource) { s.MaxQPS = 2 }
	g := idle(t, Config{Clock: h.now}, spec)
	for i, want := range []int{0, 0, 429} {
		if a := ask(g, request("GET", "/pets/1")); a.status != want {
			t.Errorf("request %d: %d, want %d", i, a.status, want)
		}
	}
	again := *spec
	again.Slot = func(s *gatewright.SlotResource) { s.MaxQPS = 2; s.ConfigID = "2026-11-21r0" }
	if rej := g.Apply(updateOf(t, &again), 2); len(rej) > 0 {
		t.Fatal(rej)
	}
	if a := ask(g, request("GET", "/pets/1")); a.status != 429 {
		t.Errorf("a change of something else fills the bucket: %d", a.status)
	}
	h.forward(500 * time.Millisecond)
	if a := ask(g, request("GET", "/pets/1")); !a.forward {
		t.Errorf("after half a second: %d", a.status)
	}
}

func TestBucket(t *testing.T) {
	at := func(d time.Duration) time.Time { return clock().Add(d) }
	tests := []struct {
		name string
		qps  int
		at   []time.Duration
		want []time.Duration // to wait; 0 when granted
	}{
		{"one a second", 1, []time.Duration{0, 0, time.Second - 1, time.Second, time.Second},
			[]time.Duration{0, time.Second, 1, 0, time.Second}},
		{"evenly", 2, []time.Duration{0, 500 * time.Millisecond, time.Second, time.Second}, []time.Duration{0, 0, 0, 0}},
		{"at once", 2, []time.Duration{0, 0, 0}, []time.Duration{0, 0, 500 * time.Millisecond}},
		{"a clock set back makes it full", 1, []time.Duration{time.Hour, 0, 0}, []time.Duration{0, 0, time.Second}},
		{"no limit", 0, []time.Duration{0, 0, 0}, []time.Duration{0, 0, 0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBucket(tt.qps)
			for i := range tt.at {
				if got := b.take(at(tt.at[i])); got != tt.want[i] {
					t.Errorf("take %d at %s: wait %s, want %s", i, tt.at[i], got, tt.want[i])
				}
			}
		})
	}
}

// TestBucketIsExact has many goroutines take from one bucket over ten seconds.
func TestBucketIsExact(t *testing.T) {
	for _, qps := range []int{1, 3, 1000, 7_000_000} {
		b := newBucket(qps)
		h := newHand()
		limit := min(11*qps, 200_000) // a second's worth at once and ten evenly
		granted := 0
		for range 10 {
			var n atomic.Int64
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for range limit {
						if b.take(h.now()) == 0 {
							n.Add(1)
						}
					}
				})
			}
			wg.Wait()
			if granted += int(n.Load()); int(n.Load()) > qps {
				t.Errorf("%d a second: %d granted at one moment", qps, n.Load())
			}
			h.forward(time.Second)
			if qps > 1000 {
				break
			}
		}
		if want := 10 * qps; qps <= 1000 && granted != want {
			t.Errorf("%d a second: %d granted in ten, want %d", qps, granted, want)
		}
	}
}

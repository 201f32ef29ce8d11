package policy

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
)

// fieldList is header fields in order, "Name: value".
type fieldList []string

func (f *fieldList) at(name string) int {
	return slices.IndexFunc(*f, func(s string) bool {
		n, _, _ := strings.Cut(s, ": ")
		return strings.EqualFold(n, name)
	})
}

func (f *fieldList) Get(name string) string {
	if i := f.at(name); i >= 0 {
		_, v, _ := strings.Cut((*f)[i], ": ")
		return v
	}
	return ""
}

func (f *fieldList) Set(name, value string) bool { f.Del(name); return f.Add(name, value) }

func (f *fieldList) Add(name, value string) bool {
	if strings.ContainsAny(value, "\r\n") {
		return false
	}
	*f = append(*f, name+": "+value)
	return true
}

func (f *fieldList) Del(name string) {
	for i := f.at(name); i >= 0; i = f.at(name) {
		*f = slices.Delete(*f, i, i+1)
	}
}

func newCall(request, response *fieldList) *Call {
	return &Call{
		RequestID: "req-1", Client: netip.MustParseAddr("192.0.2.7"), API: "Pets", Version: "1.2.0", App: "billing",
		Request: request, Response: response,
	}
}

func built(t testing.TB, policyType, config string) Built {
	t.Helper()
	b, err := Build(&gatewright.Policy{Type: policyType, Config: json.RawMessage(config)})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRefusedConfigurations(t *testing.T) {
	many := func(n int, item string) string { return "[" + strings.Repeat(item+",", n) + item + "]" }
	fields := map[string]string{}
	for i := range MaxHeaderFields + 1 {
		fields[fmt.Sprintf("X-%d", i)] = "v"
	}
	tooMany, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, policy, config, field, message string }{
		{"unknown type", "teleport", ``, "/type", "it knows flow, headers, ip-restriction, respond"},
		{"form", "Headers", ``, "/type", "not a type of policy"},
		{"unknown member", "headers", `{"requests":{}}`, "/config", `unknown field "requests"`},
		{"wrong kind", "headers", `{"request":[]}`, "/config", "cannot unmarshal"},

		{"headers without work", "headers", `{}`, "/config", "alters nothing"},
		{"field name", "headers", `{"request":{"set":{"a b":"c"}}}`, "/config/request/set/a b", "not the name"},
		{"pointer is escaped", "headers", `{"request":{"add":{"a/~b":"c"}}}`, "/config/request/add/a~1~0b", "not the name"},
		{"empty name", "headers", `{"response":{"remove":["X-A",""]}}`, "/config/response/remove/1", "not the name"},
		{"framing", "headers", `{"request":{"set":{"content-length":"0"}}}`, "/config/request/set/content-length", "gateway's own"},
		{"hop by hop", "headers", `{"response":{"remove":["Connection"]}}`, "/config/response/remove/0", "gateway's own"},
		{"identity", "headers", `{"request":{"set":{"Gatewright_App":"root"}}}`, "/config/request/set/Gatewright_App", "gateway's own"},
		{"injection", "headers", `{"request":{"set":{"X-A":"b\r\nX-B: c"}}}`, "/config/request/set/X-A", "control character"},
		{"spaces", "headers", `{"request":{"set":{"X-A":" b"}}}`, "/config/request/set/X-A", "space at an end"},
		{"long value", "headers", `{"request":{"set":{"X-A":"` + strings.Repeat("b", MaxHeaderValueBytes+1) + `"}}}`, "/config/request/set/X-A", "at most"},
		{"many fields", "headers", `{"request":{"set":` + string(tooMany) + `}}`, "/config/request", "at most"},
		{"unknown variable", "headers", `{"request":{"set":{"X-A":"${env.HOME}"}}}`, "/config/request/set/X-A", "not a variable"},
		{"open variable", "headers", `{"request":{"set":{"X-A":"${api.name"}}}`, "/config/request/set/X-A", "does not end it"},

		{"no restriction", "ip-restriction", ``, "/config", "restricts nothing"},
		{"host name", "ip-restriction", `{"allow":["10.0.0.1","localhost"]}`, "/config/allow/1", "not an address"},
		{"length", "ip-restriction", `{"deny":["10.0.0.0/33"]}`, "/config/deny/0", "not an address"},
		{"bits beyond", "ip-restriction", `{"deny":["10.0.0.1/8"]}`, "/config/deny/0", "10.0.0.0/8"},
		{"mapped", "ip-restriction", `{"deny":["::ffff:10.0.0.1"]}`, "/config/deny/0", "IPv4"},
		{"many addresses", "ip-restriction", `{"deny":` + many(MaxAddresses, `"10.0.0.1"`) + `}`, "/config/deny", "at most"},

		{"no status", "respond", `{}`, "/config/status", "between 200 and 599"},
		{"informational", "respond", `{"status":101}`, "/config/status", "between 200 and 599"},
		{"body of 204", "respond", `{"status":204,"body":"x"}`, "/config/body", "no body"},
		{"long body", "respond", `{"status":200,"body":"` + strings.Repeat("x", MaxRespondBytes+1) + `"}`, "/config/body", "at most"},
		{"media type", "respond", `{"status":200,"contentType":"text/plain\r\nX: y"}`, "/config/contentType", "not a media type"},
		{"media type as field", "respond", `{"status":200,"headers":{"content-type":"a/b"}}`, "/config/headers/content-type", "contentType"},
		{"framing of an answer", "respond", `{"status":200,"headers":{"Transfer-Encoding":"chunked"}}`, "/config/headers/Transfer-Encoding", "gateway's own"},
		{"many fields of an answer", "respond", `{"status":200,"headers":` + string(tooMany) + `}`, "/config/headers", "at most"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Build(&gatewright.Policy{Type: tt.policy, Config: json.RawMessage(tt.config)})
			e := gatewright.AsError(err)
			if err == nil || e.Code != gatewright.Invalid || e.Field != tt.field || !strings.Contains(e.Message, tt.message) {
				t.Errorf("Build() = %+v, want %q at %s", err, tt.message, tt.field)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	tests := []struct {
		name, edit   string
		before, want fieldList
	}{
		{"remove", `{"remove":["x-a","X-None"]}`, fieldList{"X-A: 1", "X-B: 2", "x-A: 3"}, fieldList{"X-B: 2"}},
		{"set replaces all", `{"set":{"X-A":"new"}}`, fieldList{"X-A: 1", "X-B: 2", "x-a: 3"}, fieldList{"X-B: 2", "X-A: new"}},
		{"add", `{"add":{"X-A":"2"}}`, fieldList{"X-A: 1"}, fieldList{"X-A: 1", "X-A: 2"}},
		{"in this order", `{"remove":["X-A"],"set":{"X-A":"1"},"add":{"X-A":"2"}}`, fieldList{"X-A: 0"}, fieldList{"X-A: 1", "X-A: 2"}},
		{"empty value", `{"set":{"X-A":""}}`, nil, fieldList{"X-A: "}},
		{"variables", `{"set":{"X-A":"${api.name}/${api.version} ${app.name}@${client.address} ${request.id}"}}`, nil, fieldList{"X-A: Pets/1.2.0 billing@192.0.2.7 req-1"}},
		{"escaped", `{"set":{"X-A":"a$${api.name} $$ $ {}"}}`, nil, fieldList{"X-A: a${api.name} $$ $ {}"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := built(t, "headers", `{"request":`+tt.edit+`}`)
			got := slices.Clone(tt.before)
			if a := b.Request(newCall(&got, nil)); a != nil || b.Response != nil {
				t.Errorf("answer %+v, response phase %t", a, b.Response != nil)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("request: %s", diff)
			}
			b = built(t, "headers", `{"response":`+tt.edit+`}`)
			got = slices.Clone(tt.before)
			b.Response(newCall(nil, &got))
			if diff := cmp.Diff(tt.want, got); diff != "" || b.Request != nil {
				t.Errorf("response: %s", diff)
			}
		})
	}
	t.Run("a variable that may not stand in a field", func(t *testing.T) {
		got := fieldList{"X-A: the client's"}
		call := newCall(&got, nil)
		call.App = "a\r\nX-B: b"
		built(t, "headers", `{"request":{"set":{"X-A":"${app.name}"}}}`).Request(call)
		if len(got) != 0 {
			t.Errorf("left %q", got)
		}
	})
}

func TestRestriction(t *testing.T) {
	tests := []struct {
		name, config string
		passes, not  []string
	}{
		{"allow", `{"allow":["192.0.2.0/24","2001:db8::/32","10.0.0.1"]}`,
			[]string{"192.0.2.0", "192.0.2.255", "2001:db8::1", "10.0.0.1", "::ffff:10.0.0.1"},
			[]string{"192.0.3.0", "192.0.1.255", "2001:db9::1", "10.0.0.2", "::1", ""}},
		{"deny", `{"deny":["192.0.2.0/24","fe80::/10"]}`,
			[]string{"192.0.3.0", "::1"}, []string{"192.0.2.9", "::ffff:192.0.2.9", "fe80::1", "fe80::1%eth0"}},
		{"deny goes first", `{"allow":["10.0.0.0/8"],"deny":["10.1.0.0/16"]}`,
			[]string{"10.0.0.1", "10.2.0.1"}, []string{"10.1.0.1", "11.0.0.1"}},
		{"everybody of a family", `{"allow":["0.0.0.0/0"]}`, []string{"1.2.3.4", "::ffff:1.2.3.4"}, []string{"::1", "2001:db8::"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := built(t, "ip-restriction", tt.config)
			check := func(addresses []string, passes bool) {
				for _, s := range addresses {
					call := newCall(nil, nil)
					call.Client, _ = netip.ParseAddr(s)
					a := b.Request(call)
					if (a == nil) != passes || a != nil && (a.Status != 403 || a.Cause != "address") {
						t.Errorf("%q passes: %t, want %t", s, a == nil, passes)
					}
				}
			}
			check(tt.passes, true)
			check(tt.not, false)
		})
	}
}

func TestRespond(t *testing.T) {
	response := fieldList{"Retry-After: 1"}
	a := built(t, "respond", `{"status":503,"body":"soon","headers":{"Retry-After":"120","X-Api":"${api.name}"}}`).Request(newCall(nil, &response))
	if a.Status != 503 || a.ContentType != "text/plain; charset=utf-8" || string(a.Body) != "soon" {
		t.Errorf("answer %+v", a)
	}
	if diff := cmp.Diff(fieldList{"Retry-After: 120", "X-Api: Pets"}, response); diff != "" {
		t.Error(diff)
	}
	if a := built(t, "respond", `{"status":204}`).Request(newCall(nil, &response)); a.ContentType != "" || len(a.Body) != 0 {
		t.Errorf("answer without a body: %+v", a)
	}
}

// TestTypesAreClassified keeps the table of classes and the types together.
func TestTypesAreClassified(t *testing.T) {
	classes := gatewright.DefaultPolicyClasses()
	for _, known := range Types() {
		if _, ok := classes[known.Name]; !ok {
			t.Errorf("gatewright.DefaultPolicyClasses says nothing about %s", known.Name)
		}
		delete(classes, known.Name)
	}
	if len(classes) > 0 {
		t.Errorf("classes of types that are not: %v", classes)
	}
}

func FuzzBuild(f *testing.F) {
	for _, t := range Types() {
		f.Add(t.Name, `{"request":{"set":{"X-A":"$${${api.name}"}},"allow":["::/0"],"status":200}`)
	}
	f.Add("headers", `{"response":{"add":{"X-A":"${request.id}${app.name}"}}}`)
	f.Add("respond", `{"status":200,"headers":{"X":"$"}}`)
	f.Fuzz(func(t *testing.T, policyType, config string) {
		b, err := Build(&gatewright.Policy{Type: policyType, Config: json.RawMessage(config)})
		if err != nil {
			if gatewright.CodeOf(err) != gatewright.Invalid && gatewright.CodeOf(err) != gatewright.LimitExceeded {
				t.Errorf("code %q: %v", gatewright.CodeOf(err), err)
			}
			return
		}
		var request, response fieldList
		call := newCall(&request, &response)
		if b.Request != nil {
			b.Request(call)
		}
		if b.Response != nil {
			b.Response(call)
		}
	})
}

func BenchmarkRestriction(b *testing.B) {
	p := built(b, "ip-restriction", `{"allow":["192.0.2.0/24","2001:db8::/32","10.0.0.1"],"deny":["192.0.2.128/25"]}`)
	call := newCall(nil, nil)
	b.ReportAllocs()
	for b.Loop() {
		if p.Request(call) != nil {
			b.Fatal("refused")
		}
	}
}

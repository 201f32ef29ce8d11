package gatewright_test

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
)

func TestCanaryValidate(t *testing.T) {
	hour := gatewright.Duration(time.Hour)
	values := func(n int) []string {
		vs := make([]string, n)
		for i := range vs {
			vs[i] = "v"
		}
		return vs
	}
	tests := []struct {
		name  string
		alter func(*gatewright.Canary)
		says  string // "" when it is to be accepted
	}{
		{"plain", func(*gatewright.Canary) {}, ""},
		{"0 %", func(c *gatewright.Canary) { c.Percent = 0 }, ""},
		{"100 %", func(c *gatewright.Canary) { c.Percent = 100 }, ""},
		{"a hundredth of a percent", func(c *gatewright.Canary) { c.Percent = 0.01 }, ""},
		{"a thousandth", func(c *gatewright.Canary) { c.Percent = 0.001 }, "two decimals"},
		{"above 100", func(c *gatewright.Canary) { c.Percent = 100.01 }, "percentage"},
		{"negative", func(c *gatewright.Canary) { c.Percent = -0.01 }, "percentage"},
		{"not a number", func(c *gatewright.Canary) { c.Percent = math.NaN() }, "percentage"},
		{"infinite", func(c *gatewright.Canary) { c.Percent = math.Inf(1) }, "percentage"},
		{"no name", func(c *gatewright.Canary) { c.Name = "" }, "canary name"},
		{"Chinese name", func(c *gatewright.Canary) { c.Name = "灰度一" }, ""},
		{"name that turns the line round", func(c *gatewright.Canary) { c.Name = "a\u202eb" }, "canary name"},
		{"long description", func(c *gatewright.Canary) { c.Description = strings.Repeat("d", gatewright.MaxDescription+1) }, "at most"},
		{"key app", func(c *gatewright.Canary) { c.Key = "app" }, ""},
		{"key address", func(c *gatewright.Canary) { c.Key = "address" }, ""},
		{"key cookie", func(c *gatewright.Canary) { c.Key = "cookie:session" }, ""},
		{"key app with a name", func(c *gatewright.Canary) { c.Key = "app:x" }, "is not app"},
		{"key header without a name", func(c *gatewright.Canary) { c.Key = "header" }, "is not app"},
		{"key header with a blank", func(c *gatewright.Canary) { c.Key = "header:X User" }, "name of a header"},
		{"as many conditions as allowed", func(c *gatewright.Canary) {
			for range gatewright.MaxCanaryMatches {
				c.Match = append(c.Match, gatewright.CanaryMatch{Source: "query", Name: "v", Values: values(gatewright.MaxCanaryValues)})
			}
		}, ""},
		{"one condition more", func(c *gatewright.Canary) {
			for range gatewright.MaxCanaryMatches + 1 {
				c.Match = append(c.Match, gatewright.CanaryMatch{Source: "query", Name: "v", Values: values(1)})
			}
		}, "at most"},
		{"too many values", func(c *gatewright.Canary) {
			c.Match = []gatewright.CanaryMatch{{Source: "app", Values: values(gatewright.MaxCanaryValues + 1)}}
		}, "values"},
		{"condition on the body", func(c *gatewright.Canary) {
			c.Match = []gatewright.CanaryMatch{{Source: "body", Values: values(1)}}
		}, "header, query, app or address"},
		{"named condition on the address", func(c *gatewright.Canary) {
			c.Match = []gatewright.CanaryMatch{{Source: "address", Name: "x", Values: []string{"10.0.0.1"}}}
		}, "has no name"},
		{"addresses", func(c *gatewright.Canary) {
			c.Match = []gatewright.CanaryMatch{{Source: "address", Values: []string{"10.0.0.1", "10.1.0.0/16", "2001:db8::/32"}}}
		}, ""},
		{"no address", func(c *gatewright.Canary) {
			c.Match = []gatewright.CanaryMatch{{Source: "address", Values: []string{"pets.example"}}}
		}, "neither an IP address"},
		{"steps", func(c *gatewright.Canary) { c.Steps = []gatewright.CanaryStep{{20, hour}, {100, hour}} }, ""},
		{"step that goes nowhere", func(c *gatewright.Canary) { c.Steps = []gatewright.CanaryStep{{10, hour}} }, "not above"},
		{"steps down", func(c *gatewright.Canary) { c.Steps = []gatewright.CanaryStep{{50, hour}, {20, hour}} }, "step 2"},
		{"held too long", func(c *gatewright.Canary) {
			c.Steps = []gatewright.CanaryStep{{50, gatewright.Duration(gatewright.MaxCanaryHold) + 1}}
		}, "held for"},
		{"upstream without nodes", func(c *gatewright.Canary) { c.Upstream = &gatewright.Upstream{Scheme: "http"} }, "at least one node"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := gatewright.Canary{Name: "try", Percent: 10}
			tt.alter(&c)
			err := c.Validate()
			wantCode(t, err, accepted(tt.says == ""))
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %q does not say %q", err, tt.says)
			}
		})
	}
}

func TestCanaryDue(t *testing.T) {
	step := []gatewright.CanaryStep{{20, gatewright.Duration(time.Hour)}}
	tests := []struct {
		name   string
		canary *gatewright.Canary
		want   time.Time
	}{
		{"none", nil, time.Time{}},
		{"no step", &gatewright.Canary{Enabled: true, Since: noon}, time.Time{}},
		{"switched off", &gatewright.Canary{Since: noon, Steps: step}, time.Time{}},
		{"not live yet", &gatewright.Canary{Enabled: true, Steps: step}, time.Time{}},
		{"on its way", &gatewright.Canary{Enabled: true, Since: noon, Steps: step}, noon.Add(time.Hour)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.canary.Due(); !got.Equal(tt.want) {
				t.Fatalf("due %s, want %s", got, tt.want)
			}
		})
	}
}

func TestCanaryClone(t *testing.T) {
	c := filled[gatewright.Canary]()
	clone := c.Clone()
	if !reflect.DeepEqual(&c, clone) {
		t.Fatalf("clone %+v, want %+v", clone, c)
	}
	if shared := sharedMemory(reflect.ValueOf(&c).Elem(), reflect.ValueOf(clone).Elem(), "canary"); len(shared) > 0 {
		t.Fatalf("the clone shares %q", shared)
	}
	if (*gatewright.Canary)(nil).Clone() != nil {
		t.Fatal("a clone of nothing is something")
	}
}

func TestParsePrefix(t *testing.T) {
	tests := []struct{ in, want string }{
		{"10.0.0.1", "10.0.0.1/32"},
		{"10.0.0.1/8", "10.0.0.0/8"},
		{"::1", "::1/128"},
		{"::ffff:10.0.0.1", "10.0.0.1/32"},
		{"10.0.0.0/33", ""},
		{"fe80::1%eth0/64", ""},
		{"", ""},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			p, err := gatewright.ParsePrefix(tt.in)
			if got := p.String(); err == nil && got != tt.want || (err != nil) != (tt.want == "") {
				t.Fatalf("%s, %v; want %q", got, err, tt.want)
			}
		})
	}
}

package policy

import (
	"testing"

	"github.com/gatewright/gatewright"
)

func TestFlowConfiguration(t *testing.T) {
	tests := []struct{ name, config, field, flow string }{
		{"a name", `{"name":"Common headers"}`, "", "Common headers"},
		{"no name", `{}`, "/config/name", ""},
		{"no configuration", ``, "/config/name", ""},
		{"a name that is none", `{"name":" a"}`, "/config/name", ""},
		{"a version, which the group decides", `{"name":"a","version":"1"}`, "/config", ""},
		{"several", `{"name":["a"]}`, "/config", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := Build(&gatewright.Policy{Type: gatewright.PolicyFlow, Config: []byte(tt.config)})
			if b.Flow != tt.flow || b.Request != nil || b.Response != nil {
				t.Errorf("built %+v", b)
			}
			if (err != nil) != (tt.field != "") || err != nil && gatewright.AsError(err).Field != tt.field {
				t.Errorf("error %v, want one at %q", err, tt.field)
			}
		})
	}
}

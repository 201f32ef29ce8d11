package importer_test

import (
	"testing"

	"github.com/gatewright/gatewright/internal/importer"
)

// TestAllowCORS reads what both forms of document say about preflights.
func TestAllowCORS(t *testing.T) {
	const (
		two   = "swagger: '2.0'\ninfo: {title: a, version: 1.0.0}\nhost: a.example.com\npaths: {/x: {get: {responses: {'200': {description: x}}}}}\n"
		three = "openapi: 3.0.3\ninfo: {title: a, version: 1.0.0}\nservers: [{url: 'https://a.example.com'}]\npaths: {/x: {get: {responses: {'200': {description: x}}}}}\n"
	)
	for _, tt := range []struct {
		name, text string
		want       bool
	}{
		{"2.0", two + "x-google-endpoints: [{name: a.example.com, allowCors: true}]\n", true},
		{"2.0, not", two + "x-google-endpoints: [{name: a.example.com, allowCors: false}]\n", false},
		{"2.0, nothing", two, false},
		{"3.0", three + "x-google-api-management: {allowCors: true}\n", true},
		{"3.0, in the older place", three + "x-google-endpoints: [{name: a.example.com, allowCors: true}]\n", true},
		{"3.0, nothing", three, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := importer.Import("a.yaml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if r.Definition.AllowCORS != tt.want {
				t.Errorf("AllowCORS is %t", r.Definition.AllowCORS)
			}
		})
	}
}

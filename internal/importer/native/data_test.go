package native_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/importer/native"
)

const sourceFile = `apiVersion: gatewright.dev/v1
kind: DataSource
name: shop
dialect: postgresql
host: db.example
port: 5432
database: shop
tls:
  mode: require
options:
  application_name: gatewright
limits:
  connections: 20
  waitTimeout: 1.5s
user: reader
`

const tableFile = `apiVersion: gatewright.dev/v1
kind: Table
name: 订单
project: finance
readers:
  - default
source: shop
physical:
  schema: public
  name: t_orders
fields:
  - name: id
    type: int
    primary: true
  - name: placed
    column: placed_at
    type: date
    security: L3
constraints:
  - - id
`

const dataFile = `apiVersion: gatewright.dev/v1
kind: DataAPI
name: orders
track: v1
owner: ann
settings:
  scheme: VN
  security: L2
  maxQPS: 20
  maxRows: 500
version: V0
path: /data/shop/orders
title: Orders
description: What was ordered
mode: script
source: shop
dialect: postgresql
tables:
  - name: orders
    fields:
      - name: id
        type: int
      - name: placed
        type: date
script: |
  <select>SELECT id, placed FROM orders
    <where><if test="since != null">placed >= #{since}</if></where>
  </select>
params:
  - name: since
    field: orders.placed
    type: date
    operator: '>='
    optional: true
    example: "2026-01-01"
columns:
  - name: id
    field: orders.id
    type: int
    sort: desc
  - name: placed
    type: date
cache: custom
cacheTime: 1m0s
runtime:
  enabled: true
  pathPrefix: /eu
canary:
  name: try
  version: V1
  content:
    mode: native
    source: shop
    tables:
      - name: orders
  percent: 5
  enabled: true
`

// TestDataRoundTrip reads and writes in both notations, without a byte's
// difference.
func TestDataRoundTrip(t *testing.T) {
	for name, text := range map[string]string{"source": sourceFile, "table": tableFile, "api": dataFile} {
		t.Run(name, func(t *testing.T) {
			spec := decodeOne(t, text)
			got, err := native.EncodeOne(spec, native.YAML)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(text, string(got)); diff != "" {
				t.Errorf("written again: %s", diff)
			}
			inJSON, err := native.EncodeOne(spec, native.JSON)
			if err != nil {
				t.Fatal(err)
			}
			if again := decodeOne(t, string(inJSON)); !reflect.DeepEqual(again, spec) {
				t.Errorf("read from JSON: %s", cmp.Diff(spec, again))
			}
		})
	}
	password := decodeOne(t, sourceFile+"password: \"\"\n").(*native.DataSource).Password
	if password == nil || *password != "" {
		t.Errorf("an empty password is %v", password)
	}
	if p := decodeOne(t, sourceFile).(*native.DataSource).Password; p != nil {
		t.Errorf("an absent password is %q", *p)
	}
}

// TestDataDefinitionsAreLossless makes documents of definitions, and these of
// documents again.
func TestDataDefinitionsAreLossless(t *testing.T) {
	api := decodeOne(t, dataFile).(*native.DataAPI)
	def, err := api.Definition()
	if err != nil {
		t.Fatal(err)
	}
	if def.BasePath != "/data/shop/orders" || def.Kind != gatewright.KindData || len(def.Document.Text) == 0 {
		t.Fatalf("defined %+v", def)
	}
	again, err := native.NewDataAPI("orders", def).Definition()
	if err != nil || !reflect.DeepEqual(def, again) {
		t.Errorf("it became %s, %v", cmp.Diff(def, again), err)
	}
	canary, err := api.CanaryDefinition()
	if err != nil || canary.Data.Mode != gatewright.DataNative || canary.BasePath != def.BasePath {
		t.Errorf("the canary is %+v, %v", canary, err)
	}
	def.BasePath = "/data/orders"
	if a := native.NewDataAPI("orders", def); a.Path != "" {
		t.Errorf("the usual path is written: %s", a.Path)
	}
	stored, err := json.Marshal(def)
	if err != nil {
		t.Fatal(err)
	}
	var read gatewright.Definition
	if err := json.Unmarshal(stored, &read); err != nil || read.Validate() != nil {
		t.Errorf("stored and read it is not valid: %v, %v", err, read.Validate())
	}
}

func TestDataFaultsHavePlaces(t *testing.T) {
	tests := []struct{ name, text, old, new, at, say string }{
		{"name", dataFile, "name: orders\ntrack", "name: a b\ntrack", "x.yaml:3:7", "A to Z"},
		{"path", dataFile, "/data/shop/orders", "/shop/orders", "x.yaml:12:7", "not below /data"},
		{"parameter in the path", dataFile, "/data/shop/orders", "/data/{shop}", "x.yaml:12:7", "percent-encoded"},
		{"type of a field", dataFile, "type: date\nscript", "type: day\nscript", "x.yaml:", `type "day"`},
		{"mode", dataFile, "mode: script", "mode: magic", "x.yaml:15:7", "magic"},
		{"column without a field", dataFile, "field: orders.id", "field: orders.price", "x.yaml:", "orders.price"},
		{"cache time", dataFile, "cacheTime: 1m0s", "cacheTime: 1h30", "x.yaml:", "not a duration"},
		{"no such member", dataFile, "cacheTime", "cacheFor", "x.yaml:", "unknown member"},
		{"an upstream", dataFile, "  pathPrefix: /eu", "  upstream: {}", "x.yaml:", "unknown member"},
		{"canary's mode", dataFile, "    mode: native", "    mode: nothing", "x.yaml:", "nothing"},
		{"host", sourceFile, "db.example", "me@db", "x.yaml:5:7", "neither a host"},
		{"option", sourceFile, "application_name", "sslcert", "x.yaml:11:3", "not allowed"},
		{"limit", sourceFile, "connections: 20", "connections: 2000", "x.yaml:", "2000"},
		{"table's field twice", tableFile, "name: placed", "name: ID", "x.yaml:", "two fields"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(tt.text, tt.old, tt.new, 1)
			if text == tt.text {
				t.Fatal("nothing was altered")
			}
			_, err := native.Decode([]native.File{{Name: "x.yaml", Text: []byte(text)}})
			if err == nil || !strings.Contains(err.Error(), tt.say) || !strings.Contains(err.Error(), tt.at) {
				t.Errorf("got %v; want it to say %q at %s", err, tt.say, tt.at)
			}
		})
	}
	hidden := "apiVersion: gatewright.dev/v1\nkind: API\nname: orders\ntype: data\n"
	if _, err := native.Decode([]native.File{{Name: "x.yaml", Text: []byte(hidden)}}); err == nil || !strings.Contains(err.Error(), "kind: DataAPI") {
		t.Errorf("an API of data in disguise: %v", err)
	}
}

// TestDataIsPublished reads a file as a publish does.
func TestDataIsPublished(t *testing.T) {
	read, err := native.Import("orders.yaml", []byte(dataFile))
	if err != nil {
		t.Fatal(err)
	}
	if read.Name != "orders@v1" || read.Label != "V0" || read.Definition.Data == nil || len(read.Findings) != 1 {
		t.Errorf("read %+v with %+v", read.Name, read.Findings)
	}
	if _, err := native.Import("shop.yaml", []byte(sourceFile)); err == nil || !strings.Contains(err.Error(), "gatewright apply") {
		t.Errorf("a source is published: %v", err)
	}
}

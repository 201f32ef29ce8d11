package match

import (
	"fmt"
	"strconv"
	"testing"
)

var sizes = []int{10, 1_000, 10_000, 100_000}

// shapes are ways in which n routes can be spread, with requests for them.
var shapes = []struct {
	name    string
	route   func(i int) string
	request func(i int) (host, path string)
}{
	{
		name:    "apis-on-one-host",
		route:   func(i int) string { return fmt.Sprintf("api.test GET /team-%d/v1/r%d/{id}", i/20, i%20) },
		request: func(i int) (string, string) { return "api.test", fmt.Sprintf("/team-%d/v1/r%d/12345", i/20, i%20) },
	},
	{
		name:    "one-api",
		route:   func(i int) string { return fmt.Sprintf("api.test GET /v1/r%d/{id}/s%d/{sub}", i/100, i%100) },
		request: func(i int) (string, string) { return "api.test", fmt.Sprintf("/v1/r%d/12345/s%d/67", i/100, i%100) },
	},
	{
		name:    "many-hosts",
		route:   func(i int) string { return fmt.Sprintf("h%d.test GET /v1/pets/{id}", i) },
		request: func(i int) (string, string) { return "h" + strconv.Itoa(i) + ".test", "/v1/pets/12345" },
	},
}

func benchEntries(b *testing.B, n int, text func(int) string) []*Entry[string] {
	list := make([]*Entry[string], n)
	for i := range n {
		list[i] = route(b, text(i), 0)
	}
	return list
}

func BenchmarkFind(b *testing.B) {
	for _, shape := range shapes {
		for _, n := range sizes {
			b.Run(fmt.Sprintf("%s/%d", shape.name, n), func(b *testing.B) {
				table := tableOf(b, benchEntries(b, n, shape.route)...)
				const requests = 1024
				hosts, paths := make([]string, requests), make([]string, requests)
				for i := range requests {
					hosts[i], paths[i] = shape.request(i * 7919 % n)
				}
				var m Match[string]
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					if table.Find(hosts[i%requests], paths[i%requests], "GET", nil, &m) != Found {
						b.Fatal("not found")
					}
					i++
				}
			})
		}
	}
}

// BenchmarkWith publishes one API of 20 routes: its old routes go, new ones come.
func BenchmarkWith(b *testing.B) {
	for _, shape := range shapes {
		for _, n := range sizes {
			b.Run(fmt.Sprintf("%s/%d", shape.name, n), func(b *testing.B) {
				table := tableOf(b, benchEntries(b, n, shape.route)...)
				var versions [2][]*Entry[string]
				for v := range versions {
					versions[v] = benchEntries(b, 20, func(i int) string { return fmt.Sprintf("api.test GET /published/v1/r%d/{id}", i) })
				}
				table, err := table.With(nil, versions[1])
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					if err != nil {
						b.Fatal(err)
					}
					table, err = table.With(versions[(i+1)%2], versions[i%2])
					i++
				}
			})
		}
	}
}

func TestFindAllocatesNothing(t *testing.T) {
	table := tableOf(t, routes(t, "a.test GET /v1/pets/{id}/{x}-{y}/*", "- GET /v1/*", "*.b.test PUT /{a}")...)
	var m Match[string]
	for _, r := range [][3]string{
		{"a.test", "/v1/pets/1/a-b/rest/of/it", "GET"}, {"x.y.b.test", "/q", "PUT"}, {"", "/v1/none", "POST"}, {"", "/none", "GET"},
	} {
		table.Find(r[0], r[1], r[2], nil, &m)
		if n := testing.AllocsPerRun(100, func() { table.Find(r[0], r[1], r[2], nil, &m) }); n != 0 {
			t.Errorf("%v: %v allocations per lookup", r, n)
		}
	}
}

// BenchmarkBuild fills an empty table, as a starting gateway does.
func BenchmarkBuild(b *testing.B) {
	for _, shape := range shapes {
		b.Run(shape.name+"/100000", func(b *testing.B) {
			entries := benchEntries(b, 100_000, shape.route)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := (*Table[string])(nil).With(nil, entries); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

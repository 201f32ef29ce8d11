//go:build unix

package dataapi_test

import (
	"testing"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi"
	"github.com/gatewright/gatewright/internal/dataapi/format"
	"github.com/gatewright/gatewright/internal/dataapi/query"
)

// TestClickHouse: what the version of ClickHouse that is at hand can do, which
// has neither Date32 nor DateTime64.
func TestClickHouse(t *testing.T) {
	b := newBed(t, gatewright.ClickHouse)
	b.execute("CREATE TABLE t_orders (order_id Int64, n Nullable(Int64), amount Decimal(18,2), name String, day Date, at_ DateTime, ok UInt8, doc String, raw String, region String, secret String) ENGINE = Memory",
		`INSERT INTO t_orders VALUES (1, 7, 1.5, 'a\'b', '2024-01-01', '2024-01-01 10:00:00', 1, '{"a":1}', 'x', 'north', 's'), (2, NULL, 99999999999999.99, '', '2024-02-29', '2024-01-01 10:00:00', 0, 'no', '', 'south', 's'), (3, 7, 0, 'c', '2024-02-29', '2024-01-01 10:00:00', 0, '[]', '', 'north', 's')`)
	paged := wizard("+id qty amount name paid doc", param("qty", "qty", "="), param("names", "name", gatewright.OpNotIn))
	paged.Paging = true
	for _, tt := range []struct {
		name string
		def  *gatewright.DataDefinition
		call query.Call
		want string
	}{
		{"page with total", paged, query.Call{JSON: []byte(`{"qty":7,"pageNum":2,"pageSize":1}`), Total: true},
			`{"rows":[{"id":3,"qty":7,"amount":0.00,"name":"c","paid":false,"doc":[]}],"rowCount":1,"totalCount":2,"pageNum":2,"pageSize":1,"truncated":false}`},
		{"values in a list", paged, query.Call{JSON: []byte(`{"names":["c","a'b"]}`), Total: true},
			`{"rows":[{"id":2,"qty":null,"amount":99999999999999.99,"name":"","paid":false,"doc":"no"}],"rowCount":1,"totalCount":1,"pageNum":1,"pageSize":100,"truncated":false}`},
		{"script", script("SELECT region, count() AS total FROM orders WHERE name != #{name} AND id IN (#{ids}) GROUP BY region ORDER BY region", "region total", param("name", "name", ""),
			param("ids", "id", gatewright.OpIn)), query.Call{JSON: []byte(`{"name":"c","ids":[1,2,3]}`), Total: true},
			`{"rows":[{"region":"north","total":"1"},{"region":"south","total":"1"}],"rowCount":2,"totalCount":2,"truncated":false}`},
		{"native", native(), query.Call{SQL: "select id from orders where name = 'a\\'b'", Total: true},
			`{"rows":[{"id":1}],"rowCount":1,"totalCount":1,"truncated":false}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := exactly(t, answer(t, b.api(t, tt.def), dataapi.Request{Call: tt.call, Format: format.Object})).(map[string]any)
			delete(got, "columns")
			same(t, got, exactly(t, tt.want))
		})
	}
}

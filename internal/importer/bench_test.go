package importer_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gatewright/gatewright/internal/doctree"
)

// largeYAML returns a document of about size bytes, shaped like those that
// generators write: many operations, each with parameters, bodies, schemas.
func largeYAML(size int) string {
	var paths, schemas strings.Builder
	for i := 0; paths.Len()+schemas.Len() < size; i++ {
		fmt.Fprintf(&paths, `  /resources%[1]d/{id}:
    parameters:
      - name: id
        in: path
        required: true
        description: Identifier of the resource, given when it was made
        schema:
          type: string
    get:
      operationId: getResource%[1]d
      summary: Read one resource of kind %[1]d
      parameters:
        - name: fields
          in: query
          schema:
            type: array
            items:
              type: string
      responses:
        '200':
          description: The resource
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Resource%[1]d'
    put:
      operationId: putResource%[1]d
      requestBody:
        content:
          application/json:
            schema:
              $ref: '#/components/schemas/Resource%[1]d'
      responses:
        '204':
          description: Kept
`, i)
		fmt.Fprintf(&schemas, `    Resource%[1]d:
      type: object
      required:
        - id
      properties:
        id:
          type: string
        parent:
          $ref: '#/components/schemas/Resource%[1]d'
        created:
          type: string
          format: date-time
          description: When it was made, by the clock of the store
        size:
          type: integer
          minimum: 0
`, i)
	}
	return head + "paths:\n" + paths.String() + "components:\n  schemas:\n" + schemas.String()
}

// toJSON returns the document in canonical JSON.
func toJSON(t testing.TB, text string) string {
	t.Helper()
	report := doctree.NewReport("a.yaml")
	root := doctree.Parse(report, []byte(text))
	if err := report.Err(); err != nil {
		t.Fatal(err)
	}
	b := root.AppendCanonical(nil)
	if !json.Valid(b) {
		t.Fatal("the canonical JSON is not JSON")
	}
	return string(b)
}

func BenchmarkImport(b *testing.B) {
	text := largeYAML(4 << 20)
	for _, document := range []struct{ name, text string }{{"large.yaml", text}, {"large.json", toJSON(b, text)}} {
		b.Run(document.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(document.text)))
			for b.Loop() {
				mustImport(b, document.name, document.text)
			}
		})
	}
}

package wire

// Bounds of a page.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// List is one page of a list.
type List[T any] struct {
	Items      []T    `json:"items" nullable:"false"`
	NextCursor string `json:"nextCursor,omitempty" doc:"Send it as cursor to get the next page. Absent on the last one."`
}

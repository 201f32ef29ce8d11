package doctree

import "fmt"

// Limits of a document. The size of its text is bounded by
// gatewright.MaxDocumentBytes.
const (
	MaxDepth         = 100       // levels of lists and mappings within each other, aliases followed
	MaxNodes         = 1_000_000 // values, aliases followed
	MaxExpandedBytes = 16 << 20  // bytes of keys and scalars, aliases followed
)

func tooDeep() string {
	return fmt.Sprintf("lists and mappings within each other more than %d levels deep; flatten them", MaxDepth)
}

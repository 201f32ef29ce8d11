package gate

import "strings"

// index finds columns by name. A name that occurs twice is at place twice.
type index struct {
	exact  map[string]int
	folded map[string]int
}

// twice is the place of an ambiguous name.
const twice = -1

func newIndex(columns []string) index {
	x := index{map[string]int{}, map[string]int{}}
	for i, c := range columns {
		if c == "" {
			continue
		}
		add(x.exact, c, i)
		add(x.folded, strings.ToLower(c), i)
	}
	return x
}

func add(m map[string]int, key string, place int) {
	if _, known := m[key]; known {
		place = twice
	}
	m[key] = place
}

// find returns the place of a name as the dialect compares names.
func (x index) find(d *dialect, n name) (int, bool) {
	if i, ok := x.exact[n.text]; ok && (i != twice || !d.folds(n)) {
		return i, true
	}
	if !d.folds(n) {
		return 0, false
	}
	i, ok := x.folded[strings.ToLower(n.text)]
	return i, ok
}

// folds reports whether case does not count in a name.
func (d *dialect) folds(n name) bool {
	switch d.name {
	case ClickHouse:
		return false
	case PostgreSQL:
		return !n.exact
	default:
		return true
	}
}

// same reports whether n refers to what was declared under a name.
func (d *dialect) same(n name, declared string) bool {
	return n.text == declared || d.folds(n) && strings.EqualFold(n.text, declared)
}

// relation is a source under its name in a scope.
type relation struct {
	name    string
	columns []string
	index   index
	table   *table // nil for what is derived
}

// scope is what names of columns can refer to in one selection.
type scope struct {
	outer     *scope
	relations []*relation
	merged    []string // columns of USING and NATURAL
	aliases   []string // names of the results
	visible   bool     // the aliases count
}

// environment is the common table expressions in sight, the nearest first.
type environment struct {
	outer  *environment
	common *common
}

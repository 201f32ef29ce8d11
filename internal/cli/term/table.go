package term

import (
	"io"
	"strings"
)

// gap is the space between two columns.
const gap = "  "

// Cell is one field of a table.
type Cell struct {
	Text  string
	Style Style
}

// Table gathers rows and writes them aligned.
type Table struct {
	header []string
	rows   [][]Cell
}

// NewTable returns a table with the given column names.
func NewTable(header ...string) *Table { return &Table{header: header} }

// Row adds a row of plain text. Missing cells are empty; what is more than
// the header has is dropped.
func (t *Table) Row(texts ...string) {
	cells := make([]Cell, len(texts))
	for i, text := range texts {
		cells[i].Text = text
	}
	t.Cells(cells...)
}

// Cells adds a row.
func (t *Table) Cells(cells ...Cell) {
	row := make([]Cell, len(t.header))
	copy(row, cells)
	for i := range row {
		row[i].Text = Clean(row[i].Text)
		if row[i].Text == "" {
			row[i].Text = "-"
		}
	}
	t.rows = append(t.rows, row)
}

// Len returns the number of rows.
func (t *Table) Len() int { return len(t.rows) }

// Write writes the table to s. No line ends with a space.
func (t *Table) Write(s *Screen) error {
	widths := make([]int, len(t.header))
	for i, h := range t.header {
		widths[i] = Width(h)
	}
	for _, row := range t.rows {
		for i, c := range row {
			widths[i] = max(widths[i], Width(c.Text))
		}
	}
	head := make([]Cell, len(t.header))
	for i, h := range t.header {
		head[i] = Cell{Text: h, Style: Dim}
	}
	var b strings.Builder
	writeRow(&b, s, widths, head)
	for _, row := range t.rows {
		writeRow(&b, s, widths, row)
	}
	_, err := io.WriteString(s, b.String())
	return err
}

func writeRow(b *strings.Builder, s *Screen, widths []int, row []Cell) {
	for i, c := range row {
		if i > 0 {
			b.WriteString(gap)
		}
		b.WriteString(s.Paint(c.Style, c.Text))
		if i < len(row)-1 {
			b.WriteString(strings.Repeat(" ", widths[i]-Width(c.Text)))
		}
	}
	b.WriteByte('\n')
}

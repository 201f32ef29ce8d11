package sqlstore

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"strings"
)

// translated is a directory of migrations in the words of one database.
type translated struct {
	fs.FS
	dialect *dialect
}

// ReadDir implements fs.ReadDirFS.
func (t translated) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(t.FS, name) }

// Open implements fs.FS.
func (t translated) Open(name string) (fs.File, error) {
	f, err := t.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read migration %s: %w", name, err), f.Close())
	}
	return translatedFile{f, bytes.NewReader([]byte(t.dialect.translate(string(text))))}, nil
}

// translatedFile reads other text than its file has.
type translatedFile struct {
	fs.File
	text *bytes.Reader
}

// Read implements fs.File.
func (f translatedFile) Read(b []byte) (int, error) { return f.text.Read(b) }

var (
	// schemaWord finds the words of migrations that databases spell
	// differently. STRICT and WITHOUT ROWID stand only after a table.
	schemaWord = regexp.MustCompile(`\b(?:TEXT|INTEGER|BLOB|SEQUENCE)\b|\) STRICT(?:, WITHOUT ROWID)?;`)
	// onlyLine is a line for one database.
	onlyLine = regexp.MustCompile(`^-- \+(sqlite|postgres) (.*)$`)
)

// translate returns the text of a migration in the words of the database.
func (d *dialect) translate(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if m := onlyLine.FindStringSubmatch(line); m != nil && m[1] == d.name {
			lines[i] = m[2]
			continue
		}
		statement, comment, commented := strings.Cut(line, "--")
		statement = schemaWord.ReplaceAllStringFunc(statement, func(word string) string {
			if other, ok := d.words[word]; ok {
				return other
			}
			return word
		})
		if commented {
			statement += "--" + comment
		}
		lines[i] = statement
	}
	return strings.Join(lines, "\n")
}

package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatewright/gatewright"
)

// MaxFileBytes bounds a configuration file.
const MaxFileBytes = 1 << 20

// maxFileDepth bounds how deep a configuration file nests; settings need two.
const maxFileDepth = 8

// LoadServer returns the configuration of a control plane: the defaults, the
// file called name over them ("" for none), the environment over both, and
// override over all; override may be nil. Its errors are
// [gatewright.Invalid] with one detail per mistake, or those of reading.
func LoadServer(name string, getenv func(string) string, override func(*Server)) (*Server, error) {
	c := DefaultServer()
	places, report := places{}, &report{}
	what := "configuration"
	if name != "" {
		what = "configuration " + name
		text, err := readFile(name)
		if err != nil {
			return nil, err
		}
		applyFile(&c, name, text, places, report)
	}
	applyEnvironment(&c, getenv, places, report)
	if override != nil {
		override(&c)
	}
	if len(report.details) == 0 { // the rules need values that could be read
		c.validate(places, report)
	}
	if err := report.err(what); err != nil {
		return nil, err
	}
	return &c, nil
}

func readFile(name string) (text []byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open the configuration: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	text, err = io.ReadAll(io.LimitReader(f, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	if len(text) > MaxFileBytes {
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "configuration %s is longer than %d bytes", name, MaxFileBytes)
	}
	return text, nil
}

// yamlLine finds the line in the messages of the YAML package.
var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// applyFile sets what the file says.
func applyFile(c *Server, name string, text []byte, places places, report *report) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return // an empty file sets nothing
	case err != nil:
		location, message := name, err.Error()
		if m := yamlLine.FindStringSubmatch(message); m != nil {
			message = m[2]
			if m[1] != "" {
				location += ":" + m[1]
			}
		}
		report.at(location, "not YAML: "+message)
		return
	}
	w := &walker{name: name, config: c, places: places, report: report, settings: map[string]setting{}}
	for _, s := range serverSettings() {
		w.settings[s.path] = s
	}
	w.mapping(document.Content[0], "", 1)
	var more yaml.Node
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		report.at(name, "there is a second document; a configuration is one")
	}
}

// walker sets what it finds in a YAML tree.
type walker struct {
	name     string
	config   *Server
	settings map[string]setting
	places   places
	report   *report
}

func (w *walker) place(n *yaml.Node) string { return fmt.Sprintf("%s:%d:%d", w.name, n.Line, n.Column) }

// mapping walks the settings of a mapping whose own path is prefix.
func (w *walker) mapping(n *yaml.Node, prefix string, depth int) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" && prefix == "" {
		return // nothing but comments
	}
	if n.Kind != yaml.MappingNode {
		w.report.at(w.place(n), called(prefix)+" is not a mapping of settings to values")
		return
	}
	if depth > maxFileDepth {
		w.report.at(w.place(n), fmt.Sprintf("more than %d levels", maxFileDepth))
		return
	}
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		path := strings.TrimPrefix(prefix+"."+key.Value, ".")
		if first := seen[key.Value]; first != nil {
			w.report.at(w.place(key), fmt.Sprintf("%s is set twice, first in line %d", path, first.Line))
			continue
		}
		seen[key.Value] = key
		s, ok := w.settings[path]
		switch {
		case ok:
			w.setting(s, value)
		case w.isParent(path):
			w.mapping(value, path, depth+1)
		default:
			w.report.at(w.place(key), w.unknown(path))
		}
	}
}

func (w *walker) isParent(path string) bool {
	for known := range w.settings {
		if strings.HasPrefix(known, path+".") {
			return true
		}
	}
	return false
}

// setting sets one value.
func (w *walker) setting(s setting, n *yaml.Node) {
	w.places[s.path] = w.place(n)
	nodes := []*yaml.Node{n}
	if s.list && n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	values := make([]string, 0, len(nodes))
	for _, v := range nodes {
		switch {
		case v.Kind == yaml.AliasNode:
			w.report.at(w.place(v), s.path+": aliases are not supported; write the value out")
			return
		case v.Kind != yaml.ScalarNode:
			w.report.at(w.place(v), s.path+" takes a single value")
			return
		case v.Tag == "!!null":
			w.report.at(w.place(v), s.path+" has no value; remove the line to get the default")
			return
		}
		values = append(values, v.Value)
	}
	if err := s.set(w.config, values); err != nil {
		w.report.add(w.places, s.path, err.Error())
	}
}

// unknown says that path is not a setting, and which one may be meant.
func (w *walker) unknown(path string) string {
	message := fmt.Sprintf("there is no setting %q", path)
	best, bestDistance := "", 4
	for _, s := range serverSettings() {
		if d := distance(strings.ToLower(path), strings.ToLower(s.path)); d < bestDistance {
			best, bestDistance = s.path, d
		}
	}
	if best != "" {
		message += fmt.Sprintf("; did you mean %q?", best)
	}
	return message
}

func called(path string) string {
	if path == "" {
		return "the configuration"
	}
	return path
}

// distance is the number of single-character edits between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next := min(row[j]+1, row[j+1]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(b)]
}

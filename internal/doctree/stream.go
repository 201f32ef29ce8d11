package doctree

import (
	"bytes"
	"errors"
	"io"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ParseStream reads the documents in text, at most limit bytes: those of a
// YAML stream, divided by lines of three hyphens, or the one of a JSON file.
// What says nothing between two such lines is left out.
//
// It reports what it cannot read and returns the documents before that.
func ParseStream(report *Report, text []byte, limit int) []*Node {
	if len(text) > limit {
		report.Errorf(Place{Line: 1, Column: 1}, "the file has %d bytes; at most %d are allowed", len(text), limit)
		return nil
	}
	text, ok := checkEncoding(report, text)
	if !ok {
		return nil
	}
	first := bytes.TrimLeft(text, " \t\r\n")
	if strings.EqualFold(path.Ext(report.Name()), ".json") || first[0] == '{' || first[0] == '[' {
		if root := parse(report, text); root != nil {
			return []*Node{root}
		}
		return nil
	}
	roots, failure := parseYAMLStream(report, text)
	if failure != nil {
		report.Errorf(failure.at, "%s", failure.message)
	}
	return roots
}

func parseYAMLStream(report *Report, text []byte) ([]*Node, *failure) {
	if at, ok := checkMarks(text); !ok {
		return nil, &failure{at: at, message: "the file has too many values; divide it"}
	}
	lines := &lineReader{text: text}
	decoder := yaml.NewDecoder(lines)
	var roots []*Node
	for {
		document, err := decode(decoder)
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			return roots, yamlFailure(text, lines.count, err)
		}
		if first := document.Content[0]; first.Kind == yaml.ScalarNode && first.Value == "" {
			continue
		}
		c := &yamlConverter{report: report, anchored: map[*yaml.Node]*measured{}}
		root, _, failure := c.convert(document.Content[0], 1)
		if failure != nil {
			return roots, failure
		}
		roots = append(roots, root)
	}
}

package doctree

import (
	"bytes"
	"path"
	"strings"

	"github.com/gatewright/gatewright"
)

// Parse reads the document in text. A name that ends with ".json" means JSON;
// otherwise text that begins with a bracket is read as JSON if it is that, and
// everything else as YAML.
//
// It returns nil when there is no tree to go on with, having reported why. A
// tree may come with errors in the report (keys that occur twice), which are
// collected along with those its caller finds.
func Parse(report *Report, text []byte) *Node {
	if len(text) > gatewright.MaxDocumentBytes {
		report.Errorf(Place{Line: 1, Column: 1}, "the file has %d bytes; at most %d are allowed", len(text), gatewright.MaxDocumentBytes)
		return nil
	}
	text, ok := checkEncoding(report, text)
	if !ok {
		return nil
	}
	return parse(report, text)
}

func parse(report *Report, text []byte) *Node {
	extension := strings.ToLower(path.Ext(report.Name()))
	first := bytes.TrimLeft(text, " \t\r\n")
	switch bracket := first[0] == '{' || first[0] == '['; {
	case extension == ".json" && !bracket:
		report.Errorf(Place{Line: 1, Column: 1}, "the file is named .json but does not begin with {; if it is YAML, name it .yaml")
		return nil
	case extension == ".json":
		return tell(report, parseJSON, text)
	case !bracket:
		return tell(report, parseYAML, text)
	}
	root, failure := parseJSON(report, text)
	if failure == nil {
		return root
	}
	if failure.syntax { // flow style YAML looks like JSON at first
		if extension == ".yaml" || extension == ".yml" {
			return tell(report, parseYAML, text)
		}
		if root, yamlFailure := parseYAML(report, text); yamlFailure == nil {
			return root
		}
	}
	report.Errorf(failure.at, "%s", failure.message)
	return nil
}

// tell has parser read text and reports why it cannot.
func tell(report *Report, parser func(*Report, []byte) (*Node, *failure), text []byte) *Node {
	root, failure := parser(report, text)
	if failure != nil {
		report.Errorf(failure.at, "%s", failure.message)
		return nil
	}
	return root
}

// failure is what ends the reading of a document.
type failure struct {
	at      Place
	message string
	syntax  bool // the text is not in the notation at all
}

// setMembers completes a mapping: it links the values to it, builds the index
// and reports keys that occur twice, of which the first one counts.
func (n *Node) setMembers(report *Report, members []Member) {
	n.Members = members
	if len(members) < indexFrom {
		kept := members[:0]
		for i := range members {
			if first := n.memberIn(kept, members[i].Key); first != nil {
				reportDuplicate(report, n, first, &members[i])
				continue
			}
			kept = append(kept, members[i])
		}
		n.Members = kept
		return
	}
	n.index = make(map[string]int, len(members))
	kept := members[:0]
	for i := range members {
		if j, dup := n.index[members[i].Key]; dup {
			reportDuplicate(report, n, &kept[j], &members[i])
			continue
		}
		n.index[members[i].Key] = len(kept)
		kept = append(kept, members[i])
	}
	n.Members = kept
}

func (n *Node) memberIn(members []Member, key string) *Member {
	for i := range members {
		if members[i].Key == key {
			return &members[i]
		}
	}
	return nil
}

func reportDuplicate(report *Report, n *Node, first, second *Member) {
	report.Errorf(n.KeyPlace(second), "key %q is here twice, first at %s; remove one", second.Key, report.At(n.KeyPlace(first)))
}

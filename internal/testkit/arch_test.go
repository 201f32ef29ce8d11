package testkit

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/gatewright/gatewright"

// A rule forbids packages at or below pkg to depend, however indirectly, on
// packages at or below forbidden. pkg is a path within the module; forbidden
// is one too when it begins with internal/ or examples/, else an import path.
type rule struct {
	pkg       string
	forbidden string
	reason    string
}

// The arrows of the house. A newcomer may add to this table and should think
// twice before removing from it.
func rules() []rule {
	return []rule{
		{"internal/gateway", "internal/control", "a gateway must start and serve without the control plane's code"},
		{"internal/gateway", "internal/sqlstore", "a gateway keeps no state in SQL"},
		{"internal/gateway", "internal/management", "the data plane has no management API"},
		{"internal/gateway", "internal/agent", "the agent drives the gateway, not the other way round"},
		{"internal/gateway", "internal/fleet", "the link belongs to the agent"},
		{"internal/gateway", "internal/link", "the link belongs to the agent"},
		{"internal/gateway", "internal/importer", "a gateway reads compiled resources, never documents"},
		{"internal/gateway", "internal/cli", "the command line is on top"},
		{"internal/gateway/match", "net/http", "matching sees no transport"},
		{"internal/gateway/match", "internal/gateway/http1", "matching sees no transport"},
		{"internal/gateway/balance", "net/http", "balancing sees no transport"},
		{"internal/gateway/balance", "internal/gateway/http1", "balancing sees no transport"},
		{"internal/gateway/exchange", "internal/gateway/http1", "an exchange is what all transports have in common"},
		{"internal/policy", "internal/gateway", "policies act on a call that the gateway fills; the control plane builds them too"},
		{"internal/policy", "internal/control", "the control plane checks policies by building them"},
		{"internal/policy", "net/http", "policies see no transport"},
		{"internal/discover", "internal/gateway", "discovery serves the gateway"},
		{"internal/discover", "internal/control", "discovery is part of the data plane"},

		{"internal/dataapi", "internal/control", "the control plane checks data APIs with what gateways run them with"},
		{"internal/dataapi", "internal/gateway", "the engine of data APIs sees no transport; the gateway gives it calls"},
		{"internal/dataapi/gate", "net/http", "what a statement may read is decided without a network"},
		{"internal/dataapi/gate", "database/sql", "what a statement may read is decided without a database"},
		{"internal/dataapi/gate", "internal/sqlsource", "what a statement may read is decided without a database"},
		{"internal/dataapi/template", "database/sql", "writing a statement asks no database"},
		{"internal/dataapi/template", "internal/sqlsource", "writing a statement asks no database"},
		{"internal/sqlsource", "internal/dataapi", "databases are read without knowing what for"},
		{"internal/sqlsource", "internal/control", "only gateways reach the databases of data APIs"},
		{"internal/control", "internal/sqlsource", "only gateways reach the databases of data APIs"},

		{"internal/agent", "internal/control", "the gateway's side of the link knows the wire types only"},
		{"internal/agent", "internal/fleet", "the two sides of the link meet in package link"},
		{"internal/agent", "internal/sqlstore", "the agent keeps files, not a database"},
		{"internal/agent", "internal/management", "the agent speaks the link only"},
		{"internal/link", "internal/control", "both sides of the link share it"},
		{"internal/link", "internal/gateway", "both sides of the link share it"},

		{"internal/control", "database/sql", "the control plane knows no SQL; it owns the Store interface"},
		{"internal/control", "net/http", "the control plane knows no HTTP"},
		{"internal/control", "internal/sqlstore", "the store depends on the control plane's interface"},
		{"internal/control", "internal/management", "the management API is in front of the control plane"},
		{"internal/control", "internal/fleet", "the fleet is in front of the control plane"},
		{"internal/control", "internal/gateway", "the control plane decides; gateways are told through the link"},
		{"internal/control", "internal/importer", "the control plane takes definitions, not documents"},
		{"internal/control", "internal/config", "the control plane is given its settings"},
		{"internal/control", "internal/auth/web", "browsers, cookies and redirects are in front of the control plane"},
		{"internal/auth", "internal/control", "who may do what is decided without a store; the control plane asks"},
		{"internal/auth", "internal/sqlstore", "who may do what is decided without a store; the control plane asks"},
		{"internal/gateway", "internal/auth", "a gateway knows apps and their keys, not people"},
		{"internal/compile", "internal/control", "compiling is a pure function under the control plane"},
		{"internal/compile", "database/sql", "compiling is a pure function"},
		{"internal/compile", "net/http", "compiling is a pure function"},
		{"internal/importer", "internal/control", "importing turns files into definitions and nothing else"},
		{"internal/importer", "internal/gateway", "importing turns files into definitions and nothing else"},
		{"internal/auditfile", "internal/control", "an exported log is verified without the control plane"},
		{"internal/doctree", "internal/importer", "a tree of a document knows nothing of what documents mean"},
		{"internal/breaking", "internal/control", "comparing documents is a pure function"},
		{"internal/breaking", "internal/importer", "comparing documents is a pure function over their trees"},
		{"internal/breaking", "net/http", "comparing documents fetches nothing"},
		{"internal/sqlstore", "internal/management", "the store knows its interface only"},
		{"internal/sqlstore", "internal/fleet", "the store knows its interface only"},
		{"internal/sqlstore", "internal/gateway", "the store knows its interface only"},

		{"internal/management", "internal/sqlstore", "rules and storage are the control plane's"},
		{"internal/management", "internal/gateway", "the management API talks to the control plane"},
		{"internal/management", "internal/fleet", "the management API talks to the control plane"},
		{"internal/management", "internal/client", "the server must not depend on its client"},
		{"internal/management/wire", "github.com/danielgtaylor/huma", "the wire types are shared with the client"},
		{"internal/notify", "internal/control", "sending knows its outbox only; who is told is the control plane's"},
		{"internal/notify", "internal/sqlstore", "sending stores nothing"},
		{"internal/notify", "internal/management", "sending knows its outbox only"},
		{"internal/notify/wording", "net/http", "the control plane words and checks templates, and sends nothing"},
		{"internal/secret", "internal/control", "sealing knows nothing of what it seals"},
		{"internal/secret", "net/http", "sealing reads one file and nothing else"},
		{"internal/fleet", "internal/gateway", "gateways are told through the link"},
		{"internal/fleet", "internal/agent", "the two sides of the link meet in package link"},
		{"internal/fleet", "internal/management", "the link and the management API stand side by side"},
		{"internal/client", "internal/control", "a client decides nothing"},
		{"internal/client", "github.com/danielgtaylor/huma", "a client does not carry the server's framework"},

		{"internal/config", "internal/control", "configuration is read, not acted on"},
		{"internal/config", "internal/gateway", "configuration is read, not acted on"},
		{"internal/netclass", module, "what kind an address is of depends on nothing"},
		{"internal/buildinfo", module, "every report names the build; it depends on nothing"},
		{"internal/cli/term", "internal/control", "writing for people knows nothing of what is written"},
		{"examples/backends", module, "the examples' backends stand for somebody else's"},
	}
}

// listed is what "go list" tells of a package, without its tests.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
	Standard   bool
}

func TestArchitecture(t *testing.T) {
	packages := list(t)
	t.Run("directions", func(t *testing.T) { checkDirections(t, packages) })
	t.Run("domain", func(t *testing.T) { checkDomain(t, packages) })
}

func checkDirections(t *testing.T, packages map[string]*listed) {
	for _, r := range rules() {
		matched := false
		for _, p := range packages {
			own, ours := strings.CutPrefix(p.ImportPath, module+"/")
			if !ours || !below(own, r.pkg) || strings.HasSuffix(own, "test") { // helpers of tests may reach further
				continue
			}
			matched = true
			for _, dep := range p.Deps {
				if below(within(dep, r.forbidden), r.forbidden) && !below(within(dep, r.pkg), r.pkg) {
					t.Errorf("%s depends on %s (%s)\n  %s", p.ImportPath, dep, chain(packages, p.ImportPath, dep), r.reason)
				}
			}
		}
		if !matched {
			t.Errorf("there is no package %s any more; remove its rules", r.pkg)
		}
	}
}

// checkDomain keeps the root package free of everything.
func checkDomain(t *testing.T, packages map[string]*listed) {
	root := packages[module]
	if root == nil {
		t.Fatal("the root package is not listed")
	}
	for _, dep := range root.Deps {
		if first, _, _ := strings.Cut(dep, "/"); strings.Contains(first, ".") {
			t.Errorf("the domain depends on %s", dep)
		}
	}
	for _, dep := range root.Imports {
		if dep == "net/http" || dep == "database/sql" || dep == "os" {
			t.Errorf("the domain imports %s; it does no input or output", dep)
		}
	}
}

// within returns dep the way the other side of a rule is written: without the
// module's path when that is how it is written.
func within(dep, side string) string {
	if !strings.HasPrefix(side, "internal/") && !strings.HasPrefix(side, "examples/") {
		return dep
	}
	rest, ok := strings.CutPrefix(dep, module+"/")
	if !ok {
		return ""
	}
	return rest
}

// below reports whether path is prefix or below it.
func below(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

// chain returns one way from a package to what it depends on.
func chain(packages map[string]*listed, from, to string) string {
	type step struct {
		path string
		back *step
	}
	seen := map[string]bool{from: true}
	for queue := []*step{{path: from}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at.path == to {
			text := to
			for at = at.back; at != nil; at = at.back {
				text = at.path + " → " + text
			}
			return strings.ReplaceAll(text, module+"/", "")
		}
		p := packages[at.path]
		if p == nil {
			continue
		}
		for _, next := range p.Imports {
			if !seen[next] {
				seen[next] = true
				queue = append(queue, &step{next, at})
			}
		}
	}
	return "no chain found"
}

// list asks the Go tool for every package of the module and what it depends
// on.
func list(t *testing.T) map[string]*listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-json=ImportPath,Imports,Deps,Standard", module+"/...")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	packages := map[string]*listed{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		p := &listed{}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("decode go list: %v", err)
		}
		packages[p.ImportPath] = p
	}
	return packages
}

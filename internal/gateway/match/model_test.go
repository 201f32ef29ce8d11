package match

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
)

// model is the documented precedence in the simplest form: a list of routes,
// a regular expression each, and a comparison.
type model []*Entry[string]

type modelResult struct {
	outcome Outcome
	value   string
	params  []string
	allowed []string
}

func (m model) find(host, path, method string) modelResult {
	type candidate struct {
		entry  *Entry[string]
		host   int // lower is more specific
		rank   int
		params []string
	}
	var fitting []candidate
	var res modelResult
	every := false
	for _, e := range m {
		params, ok := modelFits(&e.spec, path)
		if !ok {
			continue
		}
		h := modelHost(&e.spec, host)
		if h < 0 {
			continue
		}
		res.outcome = NoMethod
		every = every || len(e.spec.Methods) == 0
		res.allowed = append(res.allowed, e.spec.Methods...)
		if e.spec.Preflight {
			res.allowed = append(res.allowed, "OPTIONS")
		}
		rank := 0
		switch {
		case slices.Contains(e.spec.Methods, method):
			rank = 4
		case method == "HEAD" && slices.Contains(e.spec.Methods, "GET"):
			rank = 3
		case method == "OPTIONS" && e.spec.Preflight:
			rank = 2
		case len(e.spec.Methods) == 0:
			rank = 1
		}
		if rank > 0 {
			fitting = append(fitting, candidate{e, h, rank, params})
		}
	}
	if slices.Contains(res.allowed, "GET") {
		res.allowed = append(res.allowed, "HEAD")
	}
	slices.Sort(res.allowed)
	res.allowed = slices.Compact(res.allowed)
	if every {
		res.allowed = nil
	}
	if len(fitting) == 0 {
		return res
	}
	best := slices.MinFunc(fitting, func(a, b candidate) int {
		return cmp.Or(
			cmp.Compare(a.host, b.host),
			cmp.Compare(b.entry.spec.Priority, a.entry.spec.Priority),
			modelCompare(&a.entry.spec, &b.entry.spec),
			cmp.Compare(b.rank, a.rank),
			cmp.Compare(a.entry.spec.Owner, b.entry.spec.Owner), // of those that serve OPTIONS
			slices.Compare(a.entry.spec.Methods, b.entry.spec.Methods),
		)
	})
	res.outcome, res.value, res.params = Found, best.entry.spec.Value, best.params
	return res
}

// modelHost returns -1 when the route does not serve host, else how unspecific
// the pattern is.
func modelHost(s *Spec[string], host string) int {
	if len(s.Hosts) == 0 {
		return 1000
	}
	best := -1
	for _, h := range s.Hosts {
		suffix, wild := strings.CutPrefix(h, "*")
		switch {
		case h == host:
			return 0
		case wild && strings.HasSuffix(host, suffix) && len(host) > len(suffix):
			if d := 500 - len(suffix); best < 0 || d < best {
				best = d
			}
		}
	}
	return best
}

func modelPath(s *Spec[string]) string {
	return gatewright.JoinPath(s.PathPrefix, gatewright.JoinPath(s.BasePath, s.Path))
}

var parameter = regexp.MustCompile(`\\\{[^}]*\\\}`)

func modelFits(s *Spec[string], path string) ([]string, bool) {
	expr := parameter.ReplaceAllString(regexp.QuoteMeta(s.Path), `([^/]+?)`)
	if strings.HasSuffix(s.Path, "/*") {
		expr = strings.TrimSuffix(expr, `\*`) + "(.*)"
	}
	base := gatewright.JoinPath(s.PathPrefix, gatewright.JoinPath(s.BasePath, ""))
	groups := regexp.MustCompile("^" + regexp.QuoteMeta(base) + expr + "$").FindStringSubmatch(path)
	if groups == nil {
		return nil, false
	}
	return groups[1:], true
}

// modelCompare orders two templates that fit the same path.
func modelCompare(a, b *Spec[string]) int {
	as, bs := strings.Split(modelPath(a), "/"), strings.Split(modelPath(b), "/")
	for i := range min(len(as), len(bs)) {
		if c := cmp.Compare(modelKind(as[i]), modelKind(bs[i])); c != 0 {
			return c
		}
		if modelKind(as[i]) != 1 {
			continue
		}
		al, bl := modelLiterals(as[i]), modelLiterals(bs[i])
		if c := cmp.Compare(len(strings.Join(bl, "")), len(strings.Join(al, ""))); c != 0 {
			return c
		}
		for j := range min(len(al), len(bl)) {
			if c := cmp.Compare(len(bl[j]), len(al[j])); c != 0 {
				return c
			}
		}
		if c := slices.Compare(al, bl); c != 0 {
			return c
		}
	}
	return 0
}

func modelKind(segment string) int {
	switch {
	case segment == "*":
		return 3
	case !strings.Contains(segment, "{"):
		return 0
	case strings.HasPrefix(segment, "{") && strings.Index(segment, "}") == len(segment)-1:
		return 2
	}
	return 1
}

func modelLiterals(segment string) []string {
	return regexp.MustCompile(`\{[^}]*\}`).Split(segment, -1)
}

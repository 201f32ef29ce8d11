package template

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/expr"
	"github.com/gatewright/gatewright/internal/dataapi/param"
	"github.com/gatewright/gatewright/internal/dataapi/sqltext"
)

// fragment is "${…}": text, in one of the forms that are known to be harmless.
type fragment struct {
	prog   *expr.Program
	form   gatewright.Fragment
	name   string
	texts  []string
	offset int
	from   []string // when parameters are to be found
}

// fragment checks at compile time that the parameter may become text, and of
// what form that is.
func (p *parser) fragment(prog *expr.Program, start int) node {
	f := &fragment{prog: prog, offset: start + 2, from: p.origins(prog)}
	if p.names != nil {
		return f
	}
	if prog.Digits() { // TO_YYYYMMDD makes digits, whatever it is given
		f.form = gatewright.FragmentInteger
		return f
	}
	b, ok := p.variable(prog)
	if !ok || b.source == nil {
		p.fail(start, "${} takes a parameter, an element of one, or TO_YYYYMMDD(…); write #{} to bind a value")
		return nil
	}
	f.name, f.form, f.texts = b.source.Name, b.source.Fragment, b.source.Texts
	if b.item {
		f.form = elementForm(f.form)
	}
	if f.form == gatewright.FragmentNone {
		p.fail(start, "parameter %s is no fragment of SQL; write #{%s} to bind its value, or say what text it may be", f.name, f.name)
		return nil
	}
	if problem := checkFragment(p.dialect, b.source); problem != "" {
		p.fail(start, "parameter %s: %s", f.name, problem)
		return nil
	}
	p.branches = max(p.branches, len(f.texts))
	return f
}

// elementForm is what one element of a list may be.
func elementForm(form gatewright.Fragment) gatewright.Fragment {
	switch form {
	case gatewright.FragmentIdentifierList:
		return gatewright.FragmentIdentifier
	case gatewright.FragmentIntegerList:
		return gatewright.FragmentInteger
	}
	return gatewright.FragmentNone
}

// checkFragment says what is wrong with a declaration, "" if nothing is.
func checkFragment(d gatewright.Dialect, p *gatewright.DataParam) string {
	base := p.Type
	if base.IsArray() {
		base = base.Element()
	}
	switch p.Fragment {
	case gatewright.FragmentInteger, gatewright.FragmentIntegerList:
		if base != gatewright.TypeInt {
			return fmt.Sprintf("a fragment %q is of type %s", p.Fragment, gatewright.TypeInt)
		}
		return ""
	case gatewright.FragmentEnum:
		for _, t := range p.Texts {
			if problem := checkText(d, t); problem != "" {
				return fmt.Sprintf("the text %q %s", t, problem)
			}
		}
	}
	if base != gatewright.TypeString {
		return fmt.Sprintf("a fragment %q is of type %s", p.Fragment, gatewright.TypeString)
	}
	return ""
}

// checkText makes sure that a text of an enumeration leaves the statement's
// structure as it is: closed tokens, closed parentheses, no end of statement.
func checkText(d gatewright.Dialect, text string) string {
	depth := 0
	for i := 0; i < len(text); {
		t := sqltext.Next(d, text, i)
		switch {
		case !t.Closed:
			return "has a quote without its end"
		case t.Kind == sqltext.Semicolon:
			return "ends the statement"
		case t.Kind == sqltext.Parameter, strings.HasPrefix(text[i:], "#{"), strings.HasPrefix(text[i:], "${"):
			return "contains a parameter"
		case t.Kind == sqltext.Hint, t.Kind == sqltext.LineComment, t.Kind == sqltext.BlockComment:
			return "contains a comment"
		case text[i] == '(':
			depth++
		case text[i] == ')':
			if depth--; depth < 0 {
				return "closes a parenthesis that it does not open"
			}
		}
		i = t.End
	}
	if depth > 0 {
		return "opens a parenthesis that it does not close"
	}
	return ""
}

func (f *fragment) render(r *renderer) error {
	if r.sample != nil {
		return r.builder.Text(r.sample.text(f, r.script))
	}
	v, err := f.prog.Eval(&r.machine)
	if err != nil {
		return r.failed(f.offset, f.name, err)
	}
	sql, problem := f.write(r.script, v)
	if problem != nil {
		problem.Err.Field = f.name
		problem.Err.Message = r.at(f.offset) + problem.Err.Message
		return problem
	}
	return r.builder.Text(sql)
}

// write returns the text that v stands for. Nothing of v itself gets into the
// statement but digits: names and texts are those that were declared.
func (f *fragment) write(s *Script, v any) (string, *param.Fault) {
	switch f.form {
	case gatewright.FragmentIdentifier:
		return s.identifier(v)
	case gatewright.FragmentIdentifierList:
		return each(v, s.identifier)
	case gatewright.FragmentSort:
		return s.order(v)
	case gatewright.FragmentInteger:
		return integer(v)
	case gatewright.FragmentIntegerList:
		return each(v, integer)
	case gatewright.FragmentEnum:
		if t, ok := v.(string); ok {
			if i := slices.Index(f.texts, t); i >= 0 {
				return f.texts[i], nil
			}
		}
		return "", param.Faultf(param.Refused, "", "%s is not one of %q", quote(v), f.texts)
	}
	return "", param.Faultf(param.Refused, "", "the parameter is no fragment of SQL")
}

func (s *Script) identifier(v any) (string, *param.Fault) {
	name, _ := v.(string)
	quoted, ok := s.fields[name]
	if !ok {
		return "", param.Faultf(param.Refused, "", "%s is not the name of a field of the API's tables", quote(v))
	}
	return quoted, nil
}

// order reads "field, field desc".
func (s *Script) order(v any) (string, *param.Fault) {
	t, ok := v.(string)
	if !ok {
		return "", param.Faultf(param.Refused, "", "%s is no order", quote(v))
	}
	return joined(strings.Split(t, ","), func(part string) (string, *param.Fault) {
		words := strings.Fields(part)
		if len(words) == 0 || len(words) > 2 {
			return "", param.Faultf(param.Refused, "", "%s is no order; write a field, and asc or desc behind it", quote(part))
		}
		field, f := s.identifier(words[0])
		if f != nil || len(words) == 1 {
			return field, f
		}
		switch direction := strings.ToUpper(words[1]); direction {
		case "ASC", "DESC":
			return field + " " + direction, nil
		}
		return "", param.Faultf(param.Refused, "", "%s is neither asc nor desc", quote(words[1]))
	})
}

func integer(v any) (string, *param.Fault) {
	switch v := v.(type) {
	case int64, uint64:
		return fmt.Sprint(v), nil
	case param.Decimal:
		if v.Scale() == 0 {
			return string(v), nil
		}
	case string: // of TO_YYYYMMDD
		if d, ok := param.ParseDecimal(v); ok && len(v) == len("20060102") && d.Scale() == 0 && strings.Trim(v, "0123456789") == "" {
			return v, nil
		}
	}
	return "", param.Faultf(param.Refused, "", "%s is no whole number", quote(v))
}

// each writes every element of a list.
func each(v any, write func(any) (string, *param.Fault)) (string, *param.Fault) {
	list, ok := v.([]any)
	if !ok {
		return "", param.Faultf(param.Refused, "", "%s is no list", quote(v))
	}
	return joined(list, write)
}

func joined[T any](list []T, write func(T) (string, *param.Fault)) (string, *param.Fault) {
	if len(list) == 0 {
		return "", param.Faultf(param.Refused, "", "the list is empty")
	}
	if len(list) > sqltext.MaxListArgs {
		return "", param.Faultf(param.TooLarge, "", "the list has %d elements; at most %d are allowed", len(list), sqltext.MaxListArgs)
	}
	var b strings.Builder
	for i, e := range list {
		s, f := write(e)
		if f != nil {
			return "", f
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// quote shows a value in a message, shortened.
func quote(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return fmt.Sprintf("%.60q", v)
	case []any:
		return "a list"
	}
	return fmt.Sprintf("%.60v", v)
}

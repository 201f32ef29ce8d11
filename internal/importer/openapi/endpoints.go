package openapi

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/doctree"
)

// endpoints reads what Cloud Endpoints knows of a document: the name of the
// service, which is its host, and the extension that acts on all documents
// published together.
func (r *reader) endpoints(d *gatewright.Definition) {
	if r.version == v20 {
		if host := r.root.Get("host"); host.Scalar() {
			d.Host = strings.ToLower(strings.TrimSpace(host.Text))
		}
	} else if list := r.root.Get("servers"); list.Is(doctree.List) {
		for _, entry := range list.Items {
			u, err := url.Parse(text(entry.Get("url")))
			if err == nil && u.Host != "" {
				d.Host = strings.ToLower(u.Host)
				break
			}
		}
	}
	if member := r.root.Member("x-google-endpoints"); member != nil {
		d.Endpoints = r.endpointsEntry(member, d.Host)
	}
	management := r.root.Get("x-google-api-management")
	d.AllowCORS = d.Endpoints != nil && d.Endpoints.AllowCORS || r.flag(management.Get("allowCors"))
}

func (r *reader) endpointsEntry(member *doctree.Member, host string) *gatewright.Endpoints {
	list := member.Value
	if !list.Is(doctree.List) || len(list.Items) != 1 || !list.Items[0].Is(doctree.Mapping) {
		r.report.Errorf(list.Place(), "x-google-endpoints is a list of one mapping; write: x-google-endpoints: [{name: %s, allowCors: true}]", orExample(host))
		return nil
	}
	entry := list.Items[0]
	e := &gatewright.Endpoints{Name: text(entry.Get("name")), Target: text(entry.Get("target")), AllowCORS: r.flag(entry.Get("allowCors"))}
	if e.Name != "" && !strings.EqualFold(e.Name, host) {
		r.report.Errorf(entry.Get("name").Place(), "x-google-endpoints names the service %q, the document's host is %q; they are one name", clip(e.Name), clip(host))
	}
	if e.Target != "" {
		if _, err := netip.ParseAddr(e.Target); err != nil {
			if _, err := gatewright.CanonicalHost(e.Target); err != nil {
				r.report.Errorf(entry.Get("target").Place(), "target %q is neither an IP address nor a host name", clip(e.Target))
			}
		}
	}
	return e
}

// text returns a scalar's text, "" for anything else.
func text(n *doctree.Node) string {
	if !n.Scalar() {
		return ""
	}
	return strings.TrimSpace(n.Text)
}

// flag reads a boolean; absent is false.
func (r *reader) flag(n *doctree.Node) bool {
	if n == nil {
		return false
	}
	if !n.Is(doctree.Bool) {
		r.report.Errorf(n.Place(), "%s is not true or false", clip(n.Text))
		return false
	}
	return n.Text == "true"
}

func orExample(host string) string {
	if host == "" {
		return "api.example.com"
	}
	return host
}

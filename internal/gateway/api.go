package gateway

import (
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway/exchange"
	"github.com/gatewright/gatewright/internal/gateway/match"
)

// route is what the table leads to.
type route struct {
	api  *liveAPI
	name string
}

// liveAPI is one API resource ready to serve. But for its counts it is
// immutable.
type liveAPI struct {
	key      gatewright.Key
	hash     gatewright.Hash
	resource *gatewright.APIResource

	entries  []*match.Entry[*route]
	upstream *upstream // nil while the API is disabled
	timeouts exchange.Timeouts
	fixed    string // Host for the upstream if it is the same for all nodes
	strip    int    // bytes in front of the path that the upstream does not see
	revision string // value of the field Gatewright-Revision
	logged   []byte // its members of a log line

	counters *counters // shared with the API before it, if of the same revision
	holds    holds
	closed   atomic.Bool
}

// newAPI builds the API of resource. old is what runs under its key, nil if
// nothing does; what it has in common with the new one is shared.
func (b *built) newAPI(key gatewright.Key, hash gatewright.Hash, resource *gatewright.APIResource, old *liveAPI) (*liveAPI, error) {
	a := &liveAPI{
		key: key, hash: hash, resource: resource,
		revision: revisionField(resource.Revision, resource.Version),
		logged:   appendAPIMembers(nil, resource),
	}
	t := resource.Upstream.Timeouts.WithDefaults()
	a.timeouts = exchange.Timeouts{Connect: time.Duration(t.Connect), Send: time.Duration(t.Send), Read: time.Duration(t.Read)}
	if resource.Upstream.HostHeader == gatewright.HostHeaderFixed {
		a.fixed = resource.Upstream.Host
	}
	if !resource.KeepPathPrefix && resource.PathPrefix != "/" {
		a.strip = len(resource.PathPrefix)
	}
	if err := a.newEntries(); err != nil {
		return nil, err
	}
	spec, err := b.upstreamSpec(&resource.Upstream)
	if err != nil {
		return nil, err
	}
	if resource.Enabled {
		if a.upstream, err = b.g.upstreamFor(spec, old); err != nil {
			return nil, err
		}
	}
	if old != nil && old.resource.Revision == resource.Revision {
		a.counters = old.counters
	} else {
		a.counters = new(counters)
	}
	return a, nil
}

// newEntries checks the routes and makes their entries of the table.
func (a *liveAPI) newEntries() error {
	r := a.resource
	if len(r.Routes) > gatewright.MaxRoutes {
		return gatewright.Errorf(gatewright.LimitExceeded, "the API has %d routes; at most %d are allowed", len(r.Routes), gatewright.MaxRoutes)
	}
	hosts := slices.Clone(r.Hosts)
	routes := make([]route, len(r.Routes))
	a.entries = make([]*match.Entry[*route], len(r.Routes))
	for i := range r.Routes {
		def := &r.Routes[i]
		if err := gatewright.CheckName("route name", def.Name); err != nil {
			return err
		}
		routes[i] = route{api: a, name: def.Name}
		e, err := match.NewEntry(match.Spec[*route]{
			Hosts: hosts, PathPrefix: r.PathPrefix, BasePath: r.BasePath, Path: def.Path,
			Methods: def.Methods, Priority: def.Priority, Owner: a.key, Value: &routes[i],
		})
		if err != nil {
			return err
		}
		a.entries[i] = e
	}
	return nil
}

// checkAPI checks what is not checked by building.
func checkAPI(key gatewright.Key, r *gatewright.APIResource) error {
	if want := gatewright.APIKey(gatewright.SlotKey{API: r.ID, Track: r.Track}); want != key {
		return gatewright.Errorf(gatewright.Invalid, "the resource belongs to the key %s", want)
	}
	if r.Revision < 1 {
		return gatewright.Errorf(gatewright.Invalid, "revision %d is not a positive number", r.Revision)
	}
	if r.Version != "" {
		if err := gatewright.CheckLabel(r.Version); err != nil {
			return err
		}
	}
	return r.Upstream.Validate()
}

// close lets go of what the API holds, once.
func (a *liveAPI) close() {
	if !a.closed.Swap(true) && a.upstream != nil {
		a.upstream.release()
	}
}

// appendAPIMembers appends the members of a log line that are the same for all
// requests of the API.
func appendAPIMembers(dst []byte, r *gatewright.APIResource) []byte {
	dst = append(dst, `,"api":`...)
	dst = appendText(dst, r.Name, maxLogText)
	dst = append(dst, `,"api_id":`...)
	dst = appendText(dst, string(r.ID), maxLogText)
	dst = append(dst, `,"track":`...)
	dst = appendText(dst, r.Track, maxLogText)
	dst = append(dst, `,"revision":`...)
	dst = strconv.AppendInt(dst, int64(r.Revision), 10)
	if r.Version != "" {
		dst = append(dst, `,"version":`...)
		dst = appendText(dst, r.Version, maxLogText)
	}
	return dst
}

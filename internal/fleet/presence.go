package fleet

import (
	"context"
	"time"

	"github.com/gatewright/gatewright"
)

// presence is what this process knows of an instance: a hint about who is
// connected, never the truth about what it runs.
type presence struct {
	session gatewright.Hash // of the newest session key seen here
	heard   time.Time       // last join or report
	stream  *stream         // open one, or nil
}

// heard notes that an instance showed its newest session key.
func (f *Fleet) heard(id gatewright.InstanceID, key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.presence(id)
	p.session, p.heard = gatewright.HashBytes([]byte(key)), f.cfg.Clock()
}

// presence returns the instance's entry, making it if need be. f.mu is held.
func (f *Fleet) presence(id gatewright.InstanceID) *presence {
	p := f.present[id]
	if p == nil {
		p = &presence{}
		f.present[id] = p
	}
	return p
}

// connected reports whether an instance has a stream open here and was heard
// on the link a short while ago.
func (f *Fleet) connected(id gatewright.InstanceID) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.present[id]
	return p != nil && p.stream != nil && f.cfg.Clock().Sub(p.heard) < connectedWithin
}

// superseded ends the stream an earlier session of an instance left open.
func (f *Fleet) superseded(id gatewright.InstanceID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.present[id]; p != nil && p.stream != nil {
		p.stream.end(errSuperseded)
	}
}

// forget drops instances that were not heard for long; they may be gone, or
// connected elsewhere.
func (f *Fleet) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.cfg.Clock()
	for id, p := range f.present {
		if p.stream == nil && now.Sub(p.heard) >= forgetAfter {
			delete(f.present, id)
		}
	}
}

// checkSession reports whether key is the newest session key of an instance of
// the group. The control plane is asked only about keys not seen here before.
func (f *Fleet) checkSession(ctx context.Context, group gatewright.GroupID, id gatewright.InstanceID, key string) error {
	hash := gatewright.HashBytes([]byte(key))
	f.mu.Lock()
	p := f.present[id]
	known := p != nil && p.session == hash
	f.mu.Unlock()
	if known {
		return nil
	}
	all, err := f.control.Instances(ctx, string(group))
	if err != nil {
		return err
	}
	for _, in := range all {
		if in.ID == id && in.SessionKey == hash {
			return nil
		}
	}
	return gatewright.Errorf(gatewright.Conflict, "this is not the newest session of an instance of the group; join again")
}

// register makes s the stream of its instance, in place of any it had.
func (f *Fleet) register(s *stream, id gatewright.GroupID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.running {
		return gatewright.Errorf(gatewright.Unavailable, "the control plane is starting or stopping; connect again")
	}
	g := f.groups[id]
	if g == nil {
		g = &group{id: id, streams: map[*stream]struct{}{}, changed: make(chan struct{})}
		f.groups[id] = g
	}
	p := f.presence(s.instance)
	others := len(g.streams)
	if p.stream != nil && p.stream.group == g {
		others--
	}
	if others >= f.cfg.MaxStreams {
		return gatewright.Errorf(gatewright.LimitExceeded, "the group has %d open streams, the limit of this control plane", others)
	}
	if p.stream != nil {
		p.stream.end(errSuperseded)
	}
	p.stream = s
	p.heard = f.cfg.Clock()
	s.group = g
	g.streams[s] = struct{}{}
	f.open.Add(1)
	return nil
}

// unregister forgets s, and its group with the last stream: nobody keeps the
// group's view up to date then.
func (f *Fleet) unregister(s *stream) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(s.group.streams, s)
	if len(s.group.streams) == 0 && f.groups[s.group.id] == s.group {
		delete(f.groups, s.group.id)
	}
	if p := f.present[s.instance]; p != nil && p.stream == s {
		p.stream = nil
	}
	f.open.Done()
}

package client

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/management/wire"
)

// Bounds of the event stream.
const (
	MaxEventBytes = 32 << 20         // of one line
	eventIdle     = 60 * time.Second // without even a heartbeat: the connection is dead
)

// Event tells that something happened. One member is set.
type Event struct {
	Change   *gatewright.Change
	Instance *gatewright.Instance
	Group    *gatewright.Group
}

// EventFilter selects events; empty members select all.
type EventFilter struct {
	Group string // name or identifier: events of that group
	API   string // name or identifier, name@track: of changes, only those of that API
}

// EventStream delivers events as they happen. It is for one goroutine.
type EventStream struct {
	c      *Client
	ctx    context.Context
	cancel context.CancelCauseFunc
	idle   *time.Timer
	body   io.Closer
	lines  *bufio.Scanner
}

// Events opens the stream of events from now on: what happens after it
// returns is delivered. So open it first, then read the present state. ctx
// bounds the stream's whole life. The caller closes it.
func (c *Client) Events(ctx context.Context, f EventFilter) (*EventStream, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	idle := time.AfterFunc(c.opts.Timeout, func() { cancel(errTimeout) })
	s := &EventStream{c: c, ctx: ctx, cancel: cancel, idle: idle}
	resp, err := c.send(ctx, get(Page{}.query("group", f.Group, "api", f.API), "events"))
	if err != nil {
		s.stop()
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		defer s.stop()
		defer resp.Body.Close()
		body, err := io.ReadAll(io.LimitReader(resp.Body, MaxEventBytes))
		if err != nil {
			return nil, c.unreachable(ctx, err)
		}
		return nil, c.refusal(resp, body)
	}
	s.body, s.lines = resp.Body, bufio.NewScanner(resp.Body)
	s.lines.Buffer(nil, MaxEventBytes)
	s.idle.Reset(eventIdle)
	return s, nil
}

// Next returns the next event. When the stream ends, because the control
// plane stops, the connection breaks or this reader fell behind, that is a
// [gatewright.Unavailable] error: open another one and read the present state
// again.
func (s *EventStream) Next() (Event, error) {
	name, data := "", []byte(nil)
	for s.lines.Scan() {
		s.idle.Reset(eventIdle)
		field, value, _ := bytes.Cut(s.lines.Bytes(), []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch {
		case len(s.lines.Bytes()) == 0: // an empty line ends an event
			if name == "" && data == nil {
				continue
			}
			e, err := decodeEvent(name, data)
			if err != nil || e != (Event{}) {
				return e, err
			}
			name, data = "", nil
		case string(field) == "event":
			name = string(value)
		case string(field) == "data":
			data = bytes.Clone(value)
		}
	}
	err := s.lines.Err()
	if err == nil {
		err = io.EOF
	}
	if errors.Is(err, bufio.ErrTooLong) {
		return Event{}, gatewright.Errorf(gatewright.LimitExceeded, "an event of %s is longer than %d bytes", s.c.base, MaxEventBytes)
	}
	return Event{}, s.c.unreachable(s.ctx, fmt.Errorf("the event stream ended: %w", err))
}

// decodeEvent returns the event, or the zero one for a kind this client does
// not know.
func decodeEvent(name string, data []byte) (e Event, err error) {
	switch name {
	case wire.EventChange:
		err = json.Unmarshal(data, &e.Change)
	case wire.EventInstance:
		err = json.Unmarshal(data, &e.Instance)
	case wire.EventGroup:
		err = json.Unmarshal(data, &e.Group)
	case wire.EventEnd:
		var end wire.StreamEnd
		if err = json.Unmarshal(data, &end); err == nil {
			err = gatewright.Errorf(gatewright.Unavailable, "the control plane ended the event stream (%s)", end.Reason)
		}
		return Event{}, err
	}
	if err != nil {
		return Event{}, fmt.Errorf("decode %s event: %w", name, err)
	}
	return e, nil
}

// Close ends the stream.
func (s *EventStream) Close() {
	s.stop()
	s.body.Close()
}

func (s *EventStream) stop() {
	s.idle.Stop()
	s.cancel(nil)
}

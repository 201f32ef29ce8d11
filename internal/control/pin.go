package control

import (
	"fmt"
	"slices"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/compile"
)

// pinsFor returns the pins of an instance that gives the configuration ID; none
// for "".
func pinsFor(tx Tx, in *gatewright.Instance, configID string) ([]gatewright.Pin, error) {
	if configID == "" {
		return nil, nil
	}
	g, err := tx.Group(in.Group)
	if err != nil {
		return nil, err
	}
	pins, err := resolvePins(tx, g, configID)
	if err != nil || in.ConfigID == configID {
		return pins, err // what it was pinned to before stays callable, see checkCalled
	}
	return pins, callable(tx, g, pins, configID)
}

// callable refuses pins to what calls shared flows that the group no longer
// runs: no gateway could take that into service. A slot that does not run now
// may have them when it does again.
func callable(tx Tx, group *gatewright.Group, pins []gatewright.Pin, configID string) error {
	flows, err := flowsOf(tx, group.ID)
	if err != nil {
		return err
	}
	for i := range pins {
		pin := &pins[i]
		called, err := tx.Flows(pin.Revision)
		if err != nil {
			return err
		}
		called = slices.DeleteFunc(called, func(name string) bool { _, runs := flows.set[name]; return runs })
		if len(called) == 0 {
			continue
		}
		slot, err := tx.Slot(gatewright.SlotKey{Group: group.ID, API: pin.API, Track: pin.Track})
		if isNotFound(err) || err == nil && slot.Revision == "" {
			continue
		}
		if err != nil {
			return err
		}
		api, err := tx.API(pin.API)
		if err != nil {
			return err
		}
		return pinError(gatewright.PreconditionFailed, "a gateway cannot be pinned to %s: revision %d of %s, which it published, calls the shared flow %q, and that does not run in %s; deploy it there first",
			configID, pin.Number, api.Name, called[0], group.Name)
	}
	return nil
}

// resolvePins finds out what an instance of the group runs that is pinned to a
// configuration ID: what the group ran under that ID, whichever group published
// it. It stores the blobs of that, which may have been collected.
func resolvePins(tx Tx, group *gatewright.Group, configID string) ([]gatewright.Pin, error) {
	if _, err := gatewright.ParseConfigID(configID); err != nil {
		return nil, err
	}
	runs, err := tx.ConfigRuns(configID, gatewright.MaxInstancePins+1)
	if err != nil {
		return nil, err
	}
	if len(runs) > gatewright.MaxInstancePins {
		return nil, pinError(gatewright.LimitExceeded, "more than %d deployments have the configuration ID %s; a gateway cannot be pinned to so many", gatewright.MaxInstancePins, configID)
	}
	var pins []gatewright.Pin
	elsewhere, deleted := "", false
	for _, run := range runs {
		if run.Group != group.ID {
			if other, err := tx.Group(run.Group); err == nil {
				elsewhere = other.Name
			}
			continue
		}
		api, err := tx.API(run.API)
		if isNotFound(err) {
			deleted = true
			continue
		}
		if err != nil {
			return nil, err
		}
		pin, err := pinOf(tx, api, run, configID)
		if err != nil {
			return nil, err
		}
		pins = append(pins, *pin)
	}
	switch {
	case len(pins) > 0:
		return pins, nil
	case deleted:
		return nil, pinError(gatewright.PreconditionFailed, "a gateway cannot be pinned to %s: the APIs that it published were deleted", configID)
	case elsewhere != "":
		return nil, pinError(gatewright.PreconditionFailed, "configuration %s never ran in %s, only in other groups like %s; sync it to %s, or give an ID out of gatewright history API --group %q",
			configID, group.Name, elsewhere, group.Name, group.Name)
	}
	return nil, pinError(gatewright.PreconditionFailed, "no configuration %s ever ran in %s; give an ID out of gatewright history API --group %q", configID, group.Name, group.Name)
}

// pinOf returns the pin to what a slot ran.
func pinOf(tx Tx, api *gatewright.API, run ConfigRun, configID string) (*gatewright.Pin, error) {
	rev, err := tx.Revision(run.Revision)
	if isNotFound(err) {
		return nil, pinError(gatewright.PreconditionFailed, "a gateway cannot be pinned to %s: the revision of %s that it published was deleted", configID, api.Name)
	}
	if err != nil {
		return nil, err
	}
	body, hash, err := compile.Revision(api.ID, rev).Encode()
	if err != nil {
		return nil, fmt.Errorf("compile revision %d of %s: %w", rev.Number, api.Name, err)
	}
	if err := tx.PutBlob(hash, body); err != nil {
		return nil, err
	}
	return &gatewright.Pin{API: api.ID, Track: run.Track, Revision: rev.ID, Number: rev.Number, Version: rev.Version, Hash: hash}, nil
}

func pinError(code gatewright.Code, format string, args ...any) error {
	e := gatewright.Errorf(code, format, args...)
	e.Field = gatewright.FieldConfigID
	return e
}

// pinsIn holds what the instances of one group are pinned to.
type pinsIn map[gatewright.InstanceID]map[gatewright.Key]gatewright.Pin

// readPins returns the pins of the given instances of a group. Where none is
// pinned it reads nothing.
func readPins(tx Tx, group gatewright.GroupID, instances []*gatewright.Instance) (pinsIn, error) {
	pinned := map[gatewright.InstanceID]bool{}
	for _, in := range instances {
		if in.ConfigID != "" {
			pinned[in.ID] = true
		}
	}
	if len(pinned) == 0 {
		return nil, nil
	}
	all, err := tx.Pins(PinFilter{Group: group})
	if err != nil {
		return nil, err
	}
	pins := pinsIn{}
	for _, p := range all {
		if !pinned[p.Instance] {
			continue
		}
		if pins[p.Instance] == nil {
			pins[p.Instance] = map[gatewright.Key]gatewright.Pin{}
		}
		pins[p.Instance][p.Slot()] = p.Pin
	}
	return pins, nil
}

// at returns what an instance is pinned to in a slot; nil for nothing.
func (p pinsIn) at(id gatewright.InstanceID, slot gatewright.Key) *gatewright.Pin {
	if pin, pinned := p[id][slot]; pinned {
		return &pin
	}
	return nil
}

// evades reports whether an instance goes on with something else in a slot into
// which the change brings content.
func (p pinsIn) evades(ch *gatewright.Change, id gatewright.InstanceID) bool {
	for i := range ch.Items {
		s := ch.Items[i].Slot
		if s == nil || s.After == nil {
			continue
		}
		if pin := p.at(id, gatewright.SlotResourceKey(gatewright.SlotKey{API: s.API, Track: s.Track})); pin != nil && pin.Revision != s.After.Revision {
			return true
		}
	}
	return false
}

// stillPinned returns a Conflict that names the instances pinned to a
// revision, nil when there are none.
func stillPinned(tx Tx, what string, rev *gatewright.Revision) error {
	pins, err := tx.Pins(PinFilter{API: rev.API})
	if err != nil {
		return err
	}
	e := gatewright.Errorf(gatewright.Conflict, "%s cannot be deleted while gateways are pinned to it; "+unpin+":", what)
	for _, p := range pins {
		if p.Revision != rev.ID || len(e.Details) == maxNamed {
			continue
		}
		in, err := tx.Instance(p.Instance)
		if err != nil {
			return err
		}
		e.Details = append(e.Details, gatewright.Detail{Subject: in.Name, Message: fmt.Sprintf("%s is pinned to configuration %s", in.ID, in.ConfigID)})
	}
	if len(e.Details) == 0 {
		return nil
	}
	return e
}

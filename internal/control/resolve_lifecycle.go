package control

import (
	"github.com/gatewright/gatewright"
)

// deprecate tells callers that the slot is on its way out, or that it is not
// any more.
func (d *draft) deprecate(item *Item) error {
	it, after, err := d.staying(item)
	if err != nil {
		return err
	}
	if item.Lifecycle == nil {
		after.Lifecycle = nil
		d.items = append(d.items, *it)
		return nil
	}
	l := *item.Lifecycle
	if l.DeprecatedAt.IsZero() {
		l.DeprecatedAt = d.tx.Now()
		if it.before.Lifecycle != nil {
			l.DeprecatedAt = it.before.Lifecycle.DeprecatedAt
		}
	}
	if !l.RetiredAt.IsZero() {
		return gatewright.FieldErrorf("retiredAt", "a deprecation does not retire; that is a change of its own")
	}
	if err := l.Validate(); err != nil {
		return err
	}
	after.Lifecycle = &l
	d.items = append(d.items, *it)
	return nil
}

// retire makes the slot answer 410 from now on. It keeps its routes until it
// is undeployed, so that callers are told what to use instead.
func (d *draft) retire(item *Item) error {
	it, after, err := d.staying(item)
	if err != nil {
		return err
	}
	if after.Lifecycle == nil {
		return gatewright.Errorf(gatewright.PreconditionFailed, "%s in %s is not deprecated; tell its callers first: gatewright deprecate %q --group %q --sunset DATE",
			it.api.Name, d.group.Name, it.subject(), d.group.Name)
	}
	l := *after.Lifecycle
	if l.RetiredAt.IsZero() {
		l.RetiredAt = d.tx.Now()
	}
	if item.Lifecycle != nil && item.Lifecycle.Successor != "" {
		l.Successor = item.Lifecycle.Successor
	}
	if err := l.Validate(); err != nil {
		return err
	}
	after.Lifecycle = &l
	d.items = append(d.items, *it)
	return nil
}

// staying returns an item whose slot goes on running what it runs, and the
// content to alter.
func (d *draft) staying(item *Item) (*draftItem, *gatewright.SlotContent, error) {
	it, slot, err := d.deployed(item.API)
	if err != nil {
		return nil, nil, err
	}
	if err := proxyOnly(it.api, "deprecated or retired", "nobody calls it from outside; undeploy it, once no API calls it"); err != nil {
		return nil, nil, err
	}
	if it.revision, err = d.tx.Revision(slot.Revision); err != nil {
		return nil, nil, err
	}
	after := *it.before
	after.Runtime, after.Canary = it.before.Runtime.Clone(), it.before.Canary.Clone()
	it.after, it.stamp = &after, it.before.Version
	return it, it.after, it.findCanary(d.tx)
}

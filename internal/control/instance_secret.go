package control

import (
	"context"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/secret"
)

// InstanceSecret returns the value of a secret sealed to one instance, which
// shows its newest session key. It is [gatewright.NotFound] unless what the
// instance's group runs, or a change of it under way brings, names the secret:
// whether there is another one of that name is nobody's business there.
func (c *Control) InstanceSecret(ctx context.Context, group gatewright.GroupID, instance gatewright.InstanceID, session string, id gatewright.SecretID) ([]byte, error) {
	if err := id.Validate(); err != nil {
		return nil, err
	}
	var in *gatewright.Instance
	err := c.store.View(ctx, func(tx Tx) (err error) {
		in, err = newestSession(tx, group, instance, session)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(in.PublicKey) == 0 {
		return nil, gatewright.Errorf(gatewright.PreconditionFailed, "instance %s has no key to seal secrets to; run it in the control plane's version", in.Name)
	}
	value, err := c.SourcePassword(ctx, group, id)
	if isNotFound(err) {
		return nil, gatewright.Errorf(gatewright.NotFound, "nothing that the group runs or prepares names the secret %s", id)
	}
	if err != nil {
		return nil, err
	}
	return secret.SealTo(in.PublicKey, id.Purpose(), []byte(value))
}

package sqlstore

import (
	"github.com/gatewright/gatewright"
)

const instanceColumns = "id, group_id, name, address, version, config_id, joined_at, last_seen, left_at, generation, digest, rejections, unlisted, warnings, usage_batch, sequence, session_key, prior_key, answers, public_key"

func scanInstance(r row) (*gatewright.Instance, error) {
	i := new(gatewright.Instance)
	return i, r.Scan(&i.ID, &i.Group, &i.Name, &i.Address, &i.Version, &i.ConfigID, intoTime(&i.JoinedAt), intoTime(&i.LastSeen), intoTime(&i.LeftAt),
		&i.Generation, &i.Digest, intoJSON(&i.Rejections), &i.Unlisted, intoJSON(&i.Warnings), &i.UsageBatch, &i.Sequence, &i.SessionKey, &i.PriorKey, intoJSON(&i.Answers), &i.PublicKey)
}

func instanceNotFound(id gatewright.InstanceID) error {
	return notFound("gateway instance %q does not exist", id)
}

// PutInstance implements [control.Tx].
func (t *tx) PutInstance(i *gatewright.Instance) error {
	if err := t.requireGroup(i.Group); err != nil {
		return err
	}
	rejections, err := optionalJSONArg(i.Rejections, len(i.Rejections) == 0)
	if err != nil {
		return err
	}
	warnings, err := optionalJSONArg(i.Warnings, len(i.Warnings) == 0)
	if err != nil {
		return err
	}
	answers, err := optionalJSONArg(i.Answers, len(i.Answers) == 0)
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO instances ("+instanceColumns+") VALUES "+tuples(1, 20)+
		" ON CONFLICT (id) DO UPDATE SET group_id = excluded.group_id, name = excluded.name, address = excluded.address, version = excluded.version, config_id = excluded.config_id,"+
		" joined_at = excluded.joined_at, last_seen = excluded.last_seen, left_at = excluded.left_at, generation = excluded.generation,"+
		" digest = excluded.digest, rejections = excluded.rejections, unlisted = excluded.unlisted, warnings = excluded.warnings, usage_batch = excluded.usage_batch,"+
		" sequence = excluded.sequence, session_key = excluded.session_key, prior_key = excluded.prior_key, answers = excluded.answers, public_key = excluded.public_key",
		i.ID, i.Group, i.Name, i.Address, i.Version, i.ConfigID, timeArg(i.JoinedAt), timeArg(i.LastSeen), timeArg(i.LeftAt),
		i.Generation, i.Digest, rejections, i.Unlisted, warnings, i.UsageBatch, i.Sequence, i.SessionKey, i.PriorKey, answers, i.PublicKey)
	return err
}

// Instance implements [control.Tx].
func (t *tx) Instance(id gatewright.InstanceID) (*gatewright.Instance, error) {
	return get(t, scanInstance, instanceNotFound(id), "SELECT "+instanceColumns+" FROM instances WHERE id = ?", id)
}

// Instances implements [control.Tx].
func (t *tx) Instances(group gatewright.GroupID) ([]*gatewright.Instance, error) {
	if group == "" {
		return list(t, scanInstance, "SELECT "+instanceColumns+" FROM instances ORDER BY name, id")
	}
	return list(t, scanInstance, "SELECT "+instanceColumns+" FROM instances WHERE group_id = ? ORDER BY name, id", group)
}

// DeleteInstance implements [control.Tx]; NotFound when there is none.
func (t *tx) DeleteInstance(id gatewright.InstanceID) error {
	if err := t.deletePins(id); err != nil {
		return err
	}
	n, err := t.exec("DELETE FROM instances WHERE id = ?", id)
	if err == nil && n == 0 {
		return instanceNotFound(id)
	}
	return err
}

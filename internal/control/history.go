package control

import (
	"fmt"

	"github.com/gatewright/gatewright"
)

// history holds what instances say they run against what their group has run.
// An equal number alone is no proof: after a backup was restored or the
// database made anew, a generation may stand for other content on either side.
type history struct {
	tx      Tx
	group   *gatewright.Group
	digests map[int64]gatewright.Digest // of earlier generations that were asked for
}

func newHistory(tx Tx, group *gatewright.Group) *history {
	return &history{tx: tx, group: group, digests: map[int64]gatewright.Digest{}}
}

// lacks returns why it is not proven that the manifest of an instance has what
// generation made put into the group's, "" when it is.
func (h *history) lacks(in *gatewright.Instance, made int64) (string, error) {
	switch {
	case in.Generation < made:
		return fmt.Sprintf("runs generation %d, the change is generation %d", in.Generation, made), nil
	case in.Generation > h.group.Generation:
		return fmt.Sprintf("runs generation %d, which this control plane does not know", in.Generation), nil
	}
	digest, err := h.digest(in.Generation)
	if err != nil || digest == in.Digest && digest != "" {
		return "", err
	}
	return fmt.Sprintf("out of sync: what it runs as generation %d is not what this control plane has as that", in.Generation), nil
}

func (h *history) digest(generation int64) (gatewright.Digest, error) {
	if generation == h.group.Generation {
		return h.group.Digest, nil
	}
	if digest, asked := h.digests[generation]; asked {
		return digest, nil
	}
	digest, err := h.tx.ManifestDigest(h.group.ID, generation)
	if err != nil {
		return "", err
	}
	h.digests[generation] = digest
	return digest, nil
}

// unlisted says of an instance that rejected more than it lists what that
// means for a resource that is not on the list.
func unlisted(in *gatewright.Instance) string {
	return fmt.Sprintf("not known to run: of %d rejected resources this instance lists %d, and this may be one of the others",
		len(in.Rejections)+in.Unlisted, len(in.Rejections))
}

package control

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/gatewright/gatewright"
)

// Explained is what an instance would do with a request.
type Explained struct {
	Instance gatewright.InstanceID  `json:"instance"`
	Name     string                 `json:"name"` // of the instance
	Result   gatewright.Explanation `json:"explanation"`
}

// Explain asks an instance of a group, by name or ID, or with instance "" any
// that is heard, what it would do with a request. The errors are those of
// [Control.Ask]. Query and headers, which may hold keys, are not written down.
func (c *Control) Explain(ctx context.Context, actor gatewright.Actor, group, instance string, q gatewright.ExplainQuestion) (*Explained, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	body, err := json.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("encode question: %w", err)
	}
	a, err := c.Ask(ctx, actor, group, instance, Question{
		Kind: gatewright.QuestionExplain, Body: body, Action: gatewright.ActionInstanceDiagnose, Note: q.Title(),
	})
	if err != nil {
		return nil, err
	}
	e := &Explained{Instance: a.Instance, Name: a.Name}
	if err := json.Unmarshal(a.Body, &e.Result); err != nil {
		return nil, fmt.Errorf("decode the answer of instance %s: %w", a.Name, err)
	}
	return e, nil
}

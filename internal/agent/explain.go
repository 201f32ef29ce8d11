package agent

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/gateway"
)

// Explaining answers questions of the kind [gatewright.QuestionExplain] by what
// g runs.
func Explaining(g *gateway.Gateway) Answerer {
	return AnswerFunc(func(_ context.Context, question json.RawMessage) (any, error) {
		d := json.NewDecoder(bytes.NewReader(question))
		d.DisallowUnknownFields() // what is left out might have changed the answer
		q := new(gatewright.ExplainQuestion)
		if err := d.Decode(q); err != nil {
			return nil, gatewright.Errorf(gatewright.Invalid, "the question cannot be read; run the gateway in the control plane's version")
		}
		return g.Explain(q)
	})
}

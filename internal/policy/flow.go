package policy

import (
	"github.com/gatewright/gatewright"
)

// buildFlow builds the policy "flow", which calls a shared flow. Who runs it
// finds the flow by its name: what the name stands for changes by itself.
func buildFlow(config []byte) (Built, error) {
	var c gatewright.FlowCall
	if err := decode(config, &c); err != nil {
		return Built{}, err
	}
	if err := gatewright.CheckName("flow name", c.Name); err != nil {
		return Built{}, gatewright.FieldErrorf(pointer("name"), "%s; write the name of a shared flow, like {\"name\": \"Common headers\"}", err)
	}
	return Built{Flow: c.Name}, nil
}

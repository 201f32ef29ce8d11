package control

import (
	"github.com/gatewright/gatewright"
)

// check is one rule of the pipeline. It looks at a draft and adds findings;
// an error means that it could not look. Each is a file, check_<name>.go.
type check struct {
	name string
	run  func(c *Control, d *draft) error
}

// checks lists the rules in the order their findings are told.
func checks() []check {
	return []check{
		{"runtime", (*Control).checkRuntime},
		{"busy", (*Control).checkBusy},
		{"policies", (*Control).checkPolicies},
		{"version", (*Control).checkVersion},
		{"compatibility", (*Control).checkCompatibility},
		{"route-conflict", (*Control).checkRouteConflict},
		{"resource", (*Control).checkResource},
		{"flow", (*Control).checkFlow},
		{"data", (*Control).checkData},
		{"canary", (*Control).checkCanary},
		{"lifecycle", (*Control).checkLifecycle},
		{"freeze", (*Control).checkFreeze},
		{"limits", (*Control).checkLimits},
		{"transition", (*Control).checkTransition},
		{"units", (*Control).checkUnits},
		{"instances", (*Control).checkInstances},
	}
}

func (c *Control) runChecks(d *draft) error {
	for _, ch := range checks() {
		n := len(d.findings)
		if err := ch.run(c, d); err != nil {
			return err
		}
		for i := n; i < len(d.findings); i++ {
			d.findings[i].Check = ch.name
		}
	}
	return nil
}

// refusal turns the findings that forbid a change into one error. The first
// decides the code.
func refusal(findings []gatewright.Finding) error {
	var e *gatewright.Error
	for i := range findings {
		f := &findings[i]
		if f.Level != gatewright.LevelError {
			continue
		}
		text := f.Message
		if f.Remedy != "" {
			text += "; " + f.Remedy
		}
		if e == nil {
			e = &gatewright.Error{Code: f.Code, Message: text}
			if e.Code == "" {
				e.Code = gatewright.PreconditionFailed
			}
		}
		e.Details = append(e.Details, gatewright.Detail{Location: f.Location, Subject: f.Subject, Message: text})
	}
	if e == nil {
		return nil
	}
	if len(e.Details) == 1 && e.Details[0].Location == "" { // it would say nothing more
		e.Details = nil
	}
	return e
}

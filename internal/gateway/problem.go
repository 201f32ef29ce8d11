package gateway

import (
	"fmt"

	"github.com/gatewright/gatewright/internal/gateway/exchange"
)

// The answers that the gateway gives itself. Their causes are part of the
// types of the problems (urn:gatewright:problem:<cause>), are told in the
// access log, and never re-used for another meaning. None tells the client
// about upstreams more than it needs to know.
var (
	problemNotConfigured = exchange.Problem{
		Cause: "not-configured", Status: 503, Title: "The gateway has no configuration yet",
		Detail: "It has just been started and waits for its control plane. Try again soon.",
	}
	problemNoRoute = exchange.Problem{
		Cause: "no-route", Status: 404, Title: "Nothing is published here",
		Detail: "No route of this gateway fits the request's host and path.",
	}
	problemMethod = exchange.Problem{
		Cause: "method-not-allowed", Status: 405, Title: "The method is not allowed here",
		Detail: "Routes fit the request's host and path, but none has its method. Allow lists the methods there are.",
	}
	problemDisabled = exchange.Problem{
		Cause: "api-disabled", Status: 404, Title: "The API is disabled",
		Detail: "An API is published here, but it is switched off at present.",
	}
	problemNoUpstream = exchange.Problem{
		Cause: "no-upstream", Status: 503, Title: "The API has no upstream at present",
		Detail: "No address is known that requests to this API could be sent to. Try again soon.",
	}
)

// respond answers with p. detail is for the log only.
func (c *call) respond(ex *exchange.Exchange, p exchange.Problem, detail string) {
	c.cause, c.detail = p.Cause, detail
	ex.RespondProblem(p)
}

// failureDetail says more about a failure of the upstream to the client.
func failureDetail(f exchange.Failure, attempts int) string {
	switch f {
	case exchange.ConnectFailed, exchange.ConnectTimeout:
		if attempts > 1 {
			return fmt.Sprintf("%d of its addresses were tried. The request was not sent.", attempts)
		}
		return "The request was not sent."
	case exchange.Overloaded:
		return "The request was not sent. Try again soon."
	case exchange.SendTimeout, exchange.ReadTimeout, exchange.UpstreamClosed:
		return "The request may have been acted on."
	}
	return ""
}

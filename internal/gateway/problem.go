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
	problemRetired = exchange.Problem{
		Cause: "api-retired", Status: 410, Title: "The API is retired", // the detail says since when and what to use instead
	}
	problemKeys = exchange.Problem{
		Cause: "several-keys", Status: 400, Title: "The request has more than one API key",
		Detail: "Send one key, once.",
	}
	problemUnauthenticated = exchange.Problem{
		Cause: "unauthenticated", Status: 401, Title: "The request needs a valid API key",
		Detail: "WWW-Authenticate says where the key is looked for. It is missing, or it is not good at present.",
	}
	problemNoGrant   = exchange.Problem{Cause: "no-grant", Status: 403, Title: "The app may not call this API"}
	problemClearance = exchange.Problem{Cause: "clearance", Status: 403, Title: "The app's clearance does not cover this API"}
	problemLimit     = exchange.Problem{Cause: "too-many-requests", Status: 429, Title: "There are too many requests"}
	problemFlow      = exchange.Problem{
		Cause: "flow-unavailable", Status: 500, Title: "The API's policies cannot act",
		Detail: "A shared flow that they call is not there. The request was not sent.",
	}
	problemNoUpstream = exchange.Problem{
		Cause: "no-upstream", Status: 503, Title: "The API has no upstream at present",
		Detail: "No address is known that requests to this API could be sent to. Try again soon.",
	}
)

// respond answers with p. detail is for the log only.
func (c *call) respond(ex *exchange.Exchange, p exchange.Problem, detail string) {
	c.cause, c.detail = p.Cause, detail
	c.link()
	ex.RespondProblem(p)
	c.policeResponse()
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

package client

import (
	"github.com/gatewright/gatewright/internal/management/wire"
)

// What travels between client and control plane, beside the domain's types.
type (
	// PlanRequest asks what a change would do.
	PlanRequest = wire.PlanRequest
	// ChangeRequest asks for a change.
	ChangeRequest = wire.ChangeRequest
	// Item asks for one alteration.
	Item = wire.Item
	// Document is an API's description as a file; see [NewDocument].
	Document = wire.SourceDocument
	// Runtime alters a runtime configuration.
	Runtime = wire.Runtime
	// Nodes are addresses of an upstream; a []gatewright.Node can be assigned.
	Nodes = wire.Nodes
	// UpstreamPatch alters where requests go.
	UpstreamPatch = wire.UpstreamPatch
	// CanaryPatch alters a canary.
	CanaryPatch = wire.CanaryPatch
	// Resource is a group resource to add or replace.
	Resource = wire.Resource
	// AllowanceRequest asks to pass in spite of findings.
	AllowanceRequest = wire.AllowanceRequest
	// Discovery names a service in a registry; convert a gatewright.Discovery.
	Discovery = wire.Discovery
	// Submission is what became of a change request.
	Submission = wire.Submission
	// APIInfo is an API and its tracks.
	APIInfo = wire.APIInfo
	// GroupRequest asks for a new group.
	GroupRequest = wire.GroupRequest
	// GroupUpdate replaces what can be altered of a group.
	GroupUpdate = wire.GroupUpdate
	// ExplainRequest describes a request, and who is to explain it.
	ExplainRequest = wire.ExplainRequest
	// Explained is what an instance would do with a request.
	Explained = wire.Explained
	// InstanceInfo is an instance and how it is heard.
	InstanceInfo = wire.InstanceInfo
	// NewToken is a token with its secret.
	NewToken = wire.NewToken
	// Build says what is running.
	Build = wire.Build
	// List is one page.
	List[T any] = wire.List[T]
)

// Underway selects, as [ChangeFilter.State], every change that has not ended.
const Underway = wire.StateUnderway

// NewDocument returns the document with that content. name is the file's base
// name; findings tell places in it by that name.
func NewDocument(name string, content []byte) *Document { return wire.NewDocument(name, content) }

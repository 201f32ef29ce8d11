package wire

import (
	"github.com/gatewright/gatewright"
)

// APIInfo is an API and its tracks.
type APIInfo struct {
	gatewright.API
	Tracks []*gatewright.Track `json:"tracks" nullable:"false"`
}

// GroupRequest asks for a new gateway group.
type GroupRequest struct {
	Name      string            `json:"name"`
	Stage     gatewright.Stage  `json:"stage" enum:"test,production"`
	Labels    map[string]string `json:"labels,omitempty"`
	Hostnames []string          `json:"hostnames,omitempty" doc:"Hosts of the APIs that name none; absent means any host."`
}

// InstanceInfo is an instance and how it is heard now.
type InstanceInfo struct {
	gatewright.Instance
	GroupName string            `json:"groupName"`
	Health    gatewright.Health `json:"health"`
	Wanted    int64             `json:"wanted" doc:"Generation its group wants."`
}

// TokenRequest asks for a new token.
type TokenRequest struct {
	Name string `json:"name" doc:"What the token is for; it is the author's name in changes and audit entries."`
}

// NewToken is a token and its secret, which is shown this once.
type NewToken struct {
	Token  *gatewright.Token `json:"token"`
	Secret string            `json:"secret" doc:"It is not kept and cannot be shown again."`
}

// Build says what is running.
type Build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Date    string `json:"date,omitempty"`
	Go      string `json:"go,omitempty" doc:"Version of Go it was built with."`
}

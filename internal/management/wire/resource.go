package wire

import (
	"github.com/gatewright/gatewright"
)

// APIInfo is an API and its tracks.
type APIInfo struct {
	gatewright.API
	Tracks     []*gatewright.Track `json:"tracks" nullable:"false"`
	FolderPath string              `json:"folderPath,omitempty" doc:"Names of the folders it is in, with slashes between; absent for the root."`
	TagNames   []string            `json:"tagNames,omitempty" doc:"Its tags, each as group/tag."`
}

// GroupRequest asks for a new gateway group.
type GroupRequest struct {
	Name      string            `json:"name"`
	Stage     gatewright.Stage  `json:"stage" enum:"test,production"`
	Labels    map[string]string `json:"labels,omitempty"`
	Hostnames []string          `json:"hostnames,omitempty" doc:"Hosts of the APIs that name none; absent means any host."`
}

// GroupUpdate replaces what can be altered of a gateway group.
type GroupUpdate struct {
	Labels   map[string]string         `json:"labels" nullable:"false" doc:"All labels; {} for none."`
	Settings *gatewright.GroupSettings `json:"settings" doc:"All settings; what is absent in it is not set."`
}

// InstanceInfo is an instance and how it is heard now.
type InstanceInfo struct {
	gatewright.Instance
	GroupName string            `json:"groupName"`
	Health    gatewright.Health `json:"health"`
	Wanted    int64             `json:"wanted" doc:"Generation its group wants."`
}

// ExplainRequest asks what a gateway would do with a request.
type ExplainRequest struct {
	gatewright.ExplainQuestion
	Instance string `json:"instance,omitempty" doc:"Name or identifier of the instance to ask; absent for any that is heard."`
}

// Explained is what an instance would do with a request.
type Explained struct {
	Instance gatewright.InstanceID  `json:"instance"`
	Name     string                 `json:"name" doc:"Name of the instance."`
	Result   gatewright.Explanation `json:"explanation"`
}

// InstanceTokenRequest asks for a token with which gateways join a group.
type InstanceTokenRequest struct {
	Name string `json:"name" doc:"What the token is called in lists."`
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

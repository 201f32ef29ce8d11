package wire

import "github.com/gatewright/gatewright"

// SourceRequest is a data source to be set. Its password is only ever sent this
// way.
type SourceRequest struct {
	Name        string `json:"name" doc:"Unique in the group."`
	Project     string `json:"project,omitempty" doc:"Name or identifier of the project it belongs to; absent for the default one."`
	Description string `json:"description,omitempty"`
	gatewright.SourceConfig
	User     string  `json:"user,omitempty" doc:"Account of the database; one that can only read."`
	Password *string `json:"password,omitempty" doc:"Of the account. Absent leaves it as it is, empty takes it away; it cannot be read again." maxLength:"4096"`
}

// DataSource returns the data source, without its password.
func (s *SourceRequest) DataSource() *gatewright.DataSource {
	return &gatewright.DataSource{
		Name: s.Name, Project: gatewright.ProjectID(s.Project), Description: s.Description, SourceConfig: s.SourceConfig, User: s.User,
	}
}

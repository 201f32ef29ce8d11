package gatewright

import "strings"

// Limits of a data source.
const (
	MaxPasswordBytes        = 4096
	maxDatabaseAccountBytes = 256
)

// DataSource is a group resource: a database as the gateways of one group
// reach it. Sources of the same name in several groups are the same thing to
// the APIs that use them, and usually other databases.
type DataSource struct {
	Name        string    `json:"name"` // unique in its group
	Project     ProjectID `json:"project,omitempty"`
	Description string    `json:"description,omitempty"`
	SourceConfig
	User     string   `json:"user,omitempty"`
	Password SecretID `json:"password,omitempty"` // "" for none; another one whenever the password changes
}

// SecretID identifies one value of a secret ("sec_…"). It gives nothing away:
// the value is kept sealed, elsewhere.
type SecretID string

// CheckSourceName reports whether name can name a data source: what
// [CheckName] takes, without a slash.
func CheckSourceName(name string) error {
	if err := CheckName("data source name", name); err != nil {
		return err
	}
	if strings.Contains(name, "/") {
		return FieldErrorf("name", "data source name %q contains a slash", name)
	}
	return nil
}

// Validate checks the source's form.
func (s *DataSource) Validate() error {
	if err := CheckSourceName(s.Name); err != nil {
		return err
	}
	if err := CheckText("description", s.Description, MaxDescription); err != nil {
		return err
	}
	if err := s.SourceConfig.Validate(); err != nil {
		return err
	}
	if len(s.User) > maxDatabaseAccountBytes {
		return FieldErrorf("user", "the user has %d bytes; at most %d are allowed", len(s.User), maxDatabaseAccountBytes)
	}
	return CheckText("user", s.User, maxDatabaseAccountBytes)
}

func (s *DataSource) key() Key      { return SourceKey(s.Name) }
func (s *DataSource) title() string { return "data source " + s.Name }

package gatewright

import "time"

// ProjectID identifies a project ("prj_…").
type ProjectID string

// The project that always exists. What is made without naming a project is
// made in it.
const (
	DefaultProject     ProjectID = "prj_default"
	DefaultProjectName string    = "default"
)

// Project is a team's workspace: its APIs, folders and members. Who its
// members are, its bindings say.
type Project struct {
	ID          ProjectID `json:"id"`
	Name        string    `json:"name"` // unique; see CheckName
	Description string    `json:"description,omitempty"`
	CreatedAt   time.Time `json:"createdAt,omitzero"` // zero for DefaultProject
	CreatedBy   string    `json:"createdBy,omitempty"`
}

// MaxDescriptionLength bounds descriptions, in runes.
const MaxDescriptionLength = MaxReasonLength

// Validate checks the project's own members.
func (p *Project) Validate() error {
	if err := CheckName("project name", p.Name); err != nil {
		return err
	}
	return CheckDescription(p.Description)
}

// CheckDescription reports whether text can describe something: at most
// [MaxDescriptionLength] runes, with line breaks and tabs, without other
// control characters and direction marks.
func CheckDescription(text string) error {
	err := CheckReason(text)
	if err == nil {
		return nil
	}
	return FieldErrorf("description", "description is not text of at most %d characters without control characters", MaxDescriptionLength)
}

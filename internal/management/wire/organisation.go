package wire

import "github.com/gatewright/gatewright"

// OrganisationUpdate replaces the organisation's settings.
type OrganisationUpdate struct {
	Settings *gatewright.OrganisationSettings `json:"settings" doc:"All settings; what is absent in it is not set."`
}

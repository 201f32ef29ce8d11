package gatewright

import (
	"regexp"
	"time"
)

// Stage says what a gateway group is for.
type Stage string

// The stages of a group.
const (
	StageTest       Stage = "test"
	StageProduction Stage = "production"
)

// Limits of a group.
const (
	MaxHostnames = 100
	MaxLabels    = 64
)

// Group is a named set of gateway instances that run the same configuration:
// an environment, a region, a team.
type Group struct {
	ID         GroupID           `json:"id"`
	Name       string            `json:"name"` // unique
	Stage      Stage             `json:"stage"`
	Labels     map[string]string `json:"labels,omitempty"`
	Hostnames  []string          `json:"hostnames,omitempty"` // hosts of APIs that name none; empty means any host
	Settings   GroupSettings     `json:"settings,omitzero"`
	Revised    int64             `json:"revised"`    // how often labels or settings were altered
	Generation int64             `json:"generation"` // of its manifest, +1 with each change that went live
	Digest     Digest            `json:"-"`          // of its manifest
	CreatedAt  time.Time         `json:"createdAt"`
}

var labelKey = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$`)

// Validate checks the group's own fields.
func (g *Group) Validate() error {
	if err := CheckName("group name", g.Name); err != nil {
		return err
	}
	if g.Stage != StageTest && g.Stage != StageProduction {
		return FieldErrorf("stage", "stage %q is not %q or %q", g.Stage, StageTest, StageProduction)
	}
	if len(g.Labels) > MaxLabels {
		return FieldErrorf("labels", "%d labels; at most %d are allowed", len(g.Labels), MaxLabels)
	}
	for k, v := range g.Labels {
		if !labelKey.MatchString(k) {
			return FieldErrorf("labels", "label key %q is not 1 to 63 letters, digits, '.', '_', '/' or '-'", k)
		}
		if v != "" {
			if err := CheckName("label "+k, v); err != nil {
				return err
			}
		}
	}
	if err := g.Settings.Validate(g.Stage); err != nil {
		return err
	}
	return checkHosts("hostnames", g.Hostnames)
}

func checkHosts(field string, hosts []string) error {
	if len(hosts) > MaxHostnames {
		return FieldErrorf(field, "%d hosts; at most %d are allowed", len(hosts), MaxHostnames)
	}
	for i, h := range hosts {
		if err := CheckHostPattern(h); err != nil {
			return FieldErrorf(field, "%s", err)
		}
		for _, o := range hosts[:i] {
			if o == h {
				return FieldErrorf(field, "host %q is listed twice", h)
			}
		}
	}
	return nil
}

package gatewright

import (
	"slices"
	"time"
)

// TagGroupID identifies a tag group ("tgr_…").
type TagGroupID string

// TagID identifies a tag ("tag_…").
type TagID string

// Limits of tags.
const (
	MaxTagGroups    = 100
	MaxTagsPerGroup = 200
	MaxTagsPerAPI   = 50
)

// TagGroup is a kind of tags: "region", "line of business".
type TagGroup struct {
	ID          TagGroupID `json:"id"`
	Name        string     `json:"name"` // unique
	Description string     `json:"description,omitempty"`
	Tags        []Tag      `json:"tags"`
	Revised     int64      `json:"revised"` // how often it, or one of its tags, was altered
	CreatedAt   time.Time  `json:"createdAt"`
	CreatedBy   string     `json:"createdBy"`
}

// Tag marks APIs, so that they are found. An API may have several tags of
// several groups.
type Tag struct {
	ID   TagID  `json:"id"`
	Name string `json:"name"` // unique in its group
}

// Validate checks the group's own members and its tags. Neither name holds a
// slash: a tag is written "group/tag".
func (g *TagGroup) Validate() error {
	if err := checkPart("tag group name", g.Name); err != nil {
		return err
	}
	if err := CheckDescription(g.Description); err != nil {
		return err
	}
	if len(g.Tags) > MaxTagsPerGroup {
		return Errorf(LimitExceeded, "tag group %q has %d tags; at most %d are allowed", g.Name, len(g.Tags), MaxTagsPerGroup)
	}
	for i, t := range g.Tags {
		if err := checkPart("tag name", t.Name); err != nil {
			return err
		}
		if slices.ContainsFunc(g.Tags[:i], func(o Tag) bool { return o.Name == t.Name }) {
			return Errorf(Conflict, "tag group %q has a tag %q already", g.Name, t.Name)
		}
	}
	return nil
}

// Tag returns the group's tag of that name or ID, or nil.
func (g *TagGroup) Tag(name string) *Tag {
	for i := range g.Tags {
		if g.Tags[i].Name == name {
			return &g.Tags[i]
		}
	}
	for i := range g.Tags {
		if string(g.Tags[i].ID) == name {
			return &g.Tags[i]
		}
	}
	return nil
}

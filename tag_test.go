package gatewright_test

import (
	"strings"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestTagGroup(t *testing.T) {
	tags := func(names ...string) []gatewright.Tag {
		all := make([]gatewright.Tag, len(names))
		for i, n := range names {
			all[i] = gatewright.Tag{ID: gatewright.TagID("tag_" + n), Name: n}
		}
		return all
	}
	for _, tt := range []struct {
		name  string
		group gatewright.TagGroup
		err   string
	}{
		{"fine", gatewright.TagGroup{Name: "区域", Tags: tags("عربي", "eu")}, ""},
		{"no name", gatewright.TagGroup{}, "tag group name is empty"},
		{"slash", gatewright.TagGroup{Name: "a/b"}, `tag group name "a/b" contains a slash, which stands between the parts of a path`},
		{"twice", gatewright.TagGroup{Name: "g", Tags: tags("a", "a")}, `tag group "g" has a tag "a" already`},
		{"description", gatewright.TagGroup{Name: "g", Description: "\x1b[2J"}, "description is not text of at most 2000 characters without control characters"},
		{"many", gatewright.TagGroup{Name: "g", Tags: make([]gatewright.Tag, gatewright.MaxTagsPerGroup+1)}, `tag group "g" has 201 tags; at most 200 are allowed`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.group.Validate(); (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
				t.Errorf("%v, want %q", err, tt.err)
			}
		})
	}
	g := gatewright.TagGroup{Tags: tags("b", "tag_b")}
	if got := g.Tag("tag_b"); got == nil || got.Name != "tag_b" {
		t.Errorf("a name does not go before an identifier: %v", got)
	}
	if g.Tag("none") != nil {
		t.Error("there is a tag that is not there")
	}
}

func TestCheckAPIName(t *testing.T) {
	for _, tt := range []struct {
		kind gatewright.Kind
		name string
		err  string
	}{
		{gatewright.KindProxy, "Swagger Petstore", ""},
		{gatewright.KindProxy, "宠物商店", ""},
		{gatewright.KindProxy, "متجر", ""},
		{gatewright.KindProxy, "a\u202eb", `API name "a\u202eb" contains the unprintable character U+202E`},
		{gatewright.KindProxy, "api_1", `API name "api_1" begins with api_, as identifiers do`},
		{gatewright.KindData, "user_profile_2", ""},
		{gatewright.KindData, strings.Repeat("a", 30), ""},
		{gatewright.KindData, strings.Repeat("a", 31), `API name "` + strings.Repeat("a", 31) + `" has 31 characters; an API of data has at most 30`},
		{gatewright.KindData, "a b", `API name "a b" of an API of data has characters other than A to Z, a to z, digits and underscores`},
		{gatewright.KindData, "用户", `API name "用户" of an API of data has characters other than A to Z, a to z, digits and underscores`},
		{gatewright.KindData, "", "API name is empty"},
	} {
		t.Run(string(tt.kind)+" "+tt.name, func(t *testing.T) {
			if err := gatewright.CheckAPIName(tt.kind, tt.name); (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
				t.Errorf("%v, want %q", err, tt.err)
			}
		})
	}
}

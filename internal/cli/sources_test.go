package cli

import "testing"

func TestRelocate(t *testing.T) {
	tests := []struct {
		name     string
		files    sources
		location string
		want     string
	}{
		{"its directory is put in front", sources{"dir/a.yaml"}, "a.yaml:1:2", "dir/a.yaml:1:2"},
		{"one of several", sources{"x/a.yaml", "y/b.yaml"}, "b.yaml:3:4", "y/b.yaml:3:4"},
		{"two of the same name", sources{"x/a.yaml", "y/a.yaml"}, "a.yaml:1:2", "a.yaml:1:2"},
		{"another file", sources{"x/a.yaml"}, "aa.yaml:1:2", "aa.yaml:1:2"},
		{"standard input", sources{"-"}, "stdin:1:2", "stdin:1:2"},
		{"no place", sources{"x/a.yaml"}, "", ""},
		{"no files", nil, "a.yaml:1:2", "a.yaml:1:2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.files.relocate(tt.location); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

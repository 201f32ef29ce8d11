package buildinfo

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestMerge(t *testing.T) {
	vcs := &debug.BuildInfo{
		Main: debug.Module{Version: "v0.0.0-20260101000000-0123456789ab"},
		Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef"},
			{Key: "vcs.time", Value: "2026-01-01T00:00:00Z"},
			{Key: "vcs.modified", Value: "true"},
		},
	}
	tests := []struct {
		name                  string
		linked                Info
		recorded              *debug.BuildInfo
		version, commit, date string
	}{
		{"nothing recorded", Info{}, &debug.BuildInfo{}, "devel", "unknown", "unknown"},
		{"plain go build", Info{}, &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "devel", "unknown", "unknown"},
		{"the Go tool's record", Info{}, vcs, "v0.0.0-20260101000000-0123456789ab", "0123456789abcdef-dirty", "2026-01-01T00:00:00Z"},
		{"the linker wins", Info{Version: "1.2.3", Commit: "fed", Date: "2026-02-02T00:00:00Z"}, vcs, "1.2.3", "fed", "2026-02-02T00:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := merge(tt.linked, tt.recorded)
			want := Info{tt.version, tt.commit, tt.date, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
			if got != want {
				t.Errorf("merge = %+v, want %+v", got, want)
			}
		})
	}
}

func TestReadIsComplete(t *testing.T) {
	i := Read()
	for name, v := range map[string]string{"version": i.Version, "commit": i.Commit, "date": i.Date, "go": i.Go, "platform": i.Platform} {
		if v == "" {
			t.Errorf("%s is empty", name)
		}
	}
}

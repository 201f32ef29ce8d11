package buildinfo

import (
	"cmp"
	"runtime"
	"runtime/debug"
)

// Set by the linker (-ldflags -X); see the Makefile. Everything else reads
// them through [Read].
var (
	version string // "0.3.0", or "0.3.0-12-gabc1234" between releases
	commit  string // full commit hash, "-dirty" behind it when the tree had changes
	date    string // time of the commit, RFC 3339
)

// unknown stands for what a build did not record.
const unknown = "unknown"

// Info describes one build.
type Info struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Date     string `json:"date"` // of the commit, RFC 3339, UTC
	Go       string `json:"go"`
	Platform string `json:"platform"` // "linux/amd64"
}

// Read returns what is known about the running binary: what the linker was
// given, else what the Go tool recorded, else "unknown".
func Read() Info {
	recorded, ok := debug.ReadBuildInfo()
	if !ok {
		recorded = &debug.BuildInfo{}
	}
	return merge(Info{Version: version, Commit: commit, Date: date}, recorded)
}

// merge fills what linked leaves empty from recorded.
func merge(linked Info, recorded *debug.BuildInfo) Info {
	setting := map[string]string{}
	for _, s := range recorded.Settings {
		setting[s.Key] = s.Value
	}
	revision := setting["vcs.revision"]
	if revision != "" && setting["vcs.modified"] == "true" {
		revision += "-dirty"
	}
	module := recorded.Main.Version
	if module == "(devel)" {
		module = ""
	}
	return Info{
		Version:  cmp.Or(linked.Version, module, "devel"),
		Commit:   cmp.Or(linked.Commit, revision, unknown),
		Date:     cmp.Or(linked.Date, setting["vcs.time"], unknown),
		Go:       runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
}

package cli

import (
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/gatewright/gatewright/internal/cli/term"
	"github.com/gatewright/gatewright/internal/config"
)

// newLogger is the one place where logs are set up.
func newLogger(s *term.Screen, cfg config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.Level}
	if cfg.Format == config.LogText || cfg.Format == config.LogAuto && s.Terminal() {
		return slog.New(slog.NewTextHandler(io.Writer(s), options))
	}
	return slog.New(slog.NewJSONHandler(io.Writer(s), options))
}

// logFlags are the flags that set up a process's log.
type logFlags struct{ level, format string }

func (f *logFlags) add(cmd *cobra.Command, level string) {
	cmd.Flags().StringVar(&f.level, "log-level", level, "debug, info, warn or error")
	cmd.Flags().StringVar(&f.format, "log-format", string(config.LogAuto), "auto (text on a terminal, else JSON), text or json")
	complete(cmd, "log-level", "debug", "info", "warn", "error")
	complete(cmd, "log-format", string(config.LogAuto), string(config.LogText), string(config.LogJSON))
}

func (f *logFlags) config() (config.Log, error) {
	level, err := config.ParseLogLevel(f.level)
	if err != nil {
		return config.Log{}, usagef("--log-level: %s", err)
	}
	format, err := config.ParseLogFormat(f.format)
	if err != nil {
		return config.Log{}, usagef("--log-format: %s", err)
	}
	return config.Log{Level: level, Format: format}, nil
}

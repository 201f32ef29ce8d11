package cli

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gatewright/gatewright/internal/cli/term"
)

// Env is what a run of the command line sees of the world.
type Env struct {
	Stdin         io.Reader
	Stdout        io.Writer
	Stderr        io.Writer
	Getenv        func(string) string
	UserConfigDir func() (string, error)
	Now           func() time.Time
}

// System returns the environment of this process.
func System() Env {
	return Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, UserConfigDir: os.UserConfigDir, Now: time.Now,
	}
}

// app is one run of the command line.
type app struct {
	env    Env
	stdout *term.Screen
	stderr *term.Screen

	format outputFormat
	server string
	token  string

	working bool // the command line was understood; errors from now on are no wrong use
}

// Main runs the command line of this process and returns the exit code.
func Main() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the system's own handling is back: a second one
	// ends the process at once, whatever it still waits for.
	context.AfterFunc(ctx, stop)
	return Run(ctx, System(), os.Args[1:])
}

// Run runs the command that args name and returns the exit code. A command
// that waits or serves ends when ctx does.
func Run(ctx context.Context, env Env, args []string) int {
	a := &app{
		env:    env,
		stdout: term.NewScreen(env.Stdout, env.Getenv),
		stderr: term.NewScreen(env.Stderr, env.Getenv),
		format: formatTable,
	}
	root := a.root()
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	if !a.working && !isUsage(err) {
		err = &usageError{message: reword(err.Error())}
	}
	return a.fail(command, err)
}

package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// scriptCommands are what scripts can do beside the commands of testscript.
func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"awaits":      cmdAwaits,
		"certificate": cmdCertificate,
		"dies":        cmdDies,
		"ends":        cmdEnds,
		"exits":       cmdExits,
		"expand":      cmdExpand,
		"hears":       cmdHears,
		"httpget":     cmdHTTPGet,
		"mode":        cmdMode,
		"save":        cmdSave,
		"scrubs":      cmdScrubs,
		"start":       cmdStart,
		"until":       cmdUntil,
		"webhook":     cmdWebhook,
	}
}

// cmdStart is "start NAME TEXT PROGRAM ARGS…": it runs a program in the
// background and goes on once that has written TEXT.
func cmdStart(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: start NAME TEXT PROGRAM ARGS…")
	}
	written := make(chan struct{}, 1)
	p := &process{stdout: &output{written: written}, stderr: &output{written: written}, done: make(chan struct{})}
	p.cmd = exec.Command(lookPath(ts, args[2]), args[3:]...)
	p.cmd.Dir = ts.MkAbs(".")
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TZ", "GOCOVERDIR", "GATEWRIGHT_SERVER", "GATEWRIGHT_TOKEN"} {
		if v := ts.Getenv(name); v != "" {
			p.cmd.Env = append(p.cmd.Env, name+"="+v)
		}
	}
	ts.Check(p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	ps := processesOf(ts)
	ps.mu.Lock()
	ps.byName[args[0]] = p
	ps.mu.Unlock()
	ts.Check(p.await(args[1]))
	fmt.Fprint(ts.Stdout(), p.stdout)
	fmt.Fprint(ts.Stderr(), p.stderr)
}

func lookPath(ts *testscript.TestScript, program string) string {
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		name := filepath.Join(dir, program)
		if info, err := os.Stat(name); err == nil && info.Mode()&0o111 != 0 {
			return name
		}
	}
	ts.Fatalf("there is no program %s", program)
	return ""
}

// cmdAwaits is "awaits NAME TEXT": a process that runs writes TEXT.
func cmdAwaits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: awaits NAME TEXT")
	}
	ps := processesOf(ts)
	ps.mu.Lock()
	p := ps.byName[args[0]]
	ps.mu.Unlock()
	ts.Check(p.await(args[1]))
}

// cmdEnds is "ends NAME": it interrupts a process, which must end in order.
// What it wrote can be looked at afterwards.
func cmdEnds(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ends NAME")
	}
	p := processesOf(ts).take(args[0])
	ts.Check(p.cmd.Process.Signal(os.Interrupt))
	select {
	case <-p.done:
	case <-time.After(patience):
		_ = p.cmd.Process.Signal(syscall.SIGQUIT) // for the goroutines
		<-p.done
		ts.Fatalf("%s does not end\n%s", args[0], p.stderr)
	}
	fmt.Fprint(ts.Stdout(), p.stdout)
	fmt.Fprint(ts.Stderr(), p.stderr)
	if p.err != nil {
		ts.Fatalf("%s: %v\n%s", args[0], p.err, p.stderr)
	}
}

// cmdDies is "dies NAME": the process gets no chance to end in order.
func cmdDies(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: dies NAME")
	}
	p := processesOf(ts).take(args[0])
	ts.Check(p.cmd.Process.Kill())
	<-p.done
}

// cmdExits is "exits CODE PROGRAM ARGS…": the program ends with that code.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS…")
	}
	code := "0"
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		code = strconv.Itoa(exit.ExitCode())
	} else {
		ts.Check(err)
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s", code, args[0])
	}
}

// cmdUntil is "until TEXT PROGRAM ARGS…": it runs a program again and again
// until it prints TEXT. It is for what others do in their own time.
func cmdUntil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until TEXT PROGRAM ARGS…")
	}
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	timeout := time.After(patience)
	for {
		ts.Check(ts.Exec(args[1], args[2:]...))
		if strings.Contains(ts.ReadFile("stdout"), args[0]) {
			return
		}
		select {
		case <-again.C:
		case <-timeout:
			ts.Fatalf("it does not print %q", args[0])
		}
	}
}

// cmdHTTPGet is "httpget [-H NAME:VALUE]… URL STATUS": the answer, head and
// body, can be looked at afterwards.
func cmdHTTPGet(ts *testscript.TestScript, neg bool, args []string) {
	header := http.Header{}
	for len(args) > 2 && args[0] == "-H" {
		name, value, _ := strings.Cut(args[1], ":")
		header.Add(name, value)
		args = args[2:]
	}
	if neg || len(args) != 2 {
		ts.Fatalf("usage: httpget [-H NAME:VALUE]… URL STATUS")
	}
	req, err := http.NewRequest(http.MethodGet, args[0], nil)
	ts.Check(err)
	req.Header = header
	req.Host = header.Get("Host")
	req.Close = true
	client := http.Client{Timeout: patience}
	resp, err := client.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintln(ts.Stdout(), resp.Status)
	names := make([]string, 0, len(resp.Header))
	for name := range resp.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(ts.Stdout(), "%s: %s\n", name, strings.Join(resp.Header[name], ", "))
	}
	fmt.Fprintf(ts.Stdout(), "\n%s", body)
	if strconv.Itoa(resp.StatusCode) != args[1] {
		ts.Fatalf("%s: %s, want %s\n%s", args[0], resp.Status, args[1], body)
	}
}

// cmdMode is "mode 0600 FILE".
func cmdMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode MODE FILE")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if mode := fmt.Sprintf("%04o", info.Mode().Perm()); mode != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], mode, args[0])
	}
}

// cmdSave is "save NAME FILE REGEXP": it sets the variable NAME to the first
// group of REGEXP in FILE.
func cmdSave(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: save NAME FILE REGEXP")
	}
	m := regexp.MustCompile(args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if m == nil {
		ts.Fatalf("%s does not match %s", args[1], args[2])
	}
	ts.Setenv(args[0], m[1])
}

// cmdExpand is "expand FILE": the names of addresses in it are replaced by the
// addresses.
func cmdExpand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: expand FILE")
	}
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// cmdCertificate is "certificate CERT KEY": it makes a certificate for
// 127.0.0.1 that signs itself.
func cmdCertificate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: certificate CERT KEY")
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "gatewright test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	ts.Check(err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	for i, block := range []*pem.Block{{Type: "CERTIFICATE", Bytes: der}, {Type: "PRIVATE KEY", Bytes: keyDER}} {
		ts.Check(os.WriteFile(ts.MkAbs(args[i]), pem.EncodeToMemory(block), 0o600))
	}
}

// What differs from one run to the next and how long its stand-in is.
var scrubbed = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\b(chg|api|grp|rev|ins|tok)_[0-9a-f]{8}-[0-9a-f-]{27}\b`), "$1-ID"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ`), "TIME----------------"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\dr\d\b`), "CONFIG-ID---"},
}

// cmdScrubs is "scrubs FILE GOLDEN": the two are equal but for identifiers,
// times and addresses.
func cmdScrubs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: scrubs FILE GOLDEN")
	}
	got := ts.ReadFile(args[0])
	for _, s := range scrubbed {
		got = s.pattern.ReplaceAllString(got, s.with)
	}
	for _, name := range portNames() {
		got = strings.ReplaceAll(got, ts.Getenv(name), "$"+name)
	}
	got = strings.ReplaceAll(got, ts.Getenv("EXAMPLES"), "$EXAMPLES")
	if diff := cmp.Diff(ts.ReadFile(args[1]), got); diff != "" {
		ts.Logf("%s", got)
		ts.Fatalf("%s differs from %s (-want +got):\n%s", args[0], args[1], diff)
	}
}

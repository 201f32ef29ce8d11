package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// report is everything one run has measured.
type report struct {
	machine string
	date    time.Time
	proxy   []*proxyResult
	profile string // where the gateway's processor time went
	change  []*changeResult
	match   []matchResult
	notes   []string
}

func describeMachine() string {
	return fmt.Sprintf("%d processors, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Run of %s on %s.\n", r.date.Format("2006-01-02"), r.machine)
	for _, n := range r.notes {
		fmt.Fprintf(&b, "\n- %s", n)
	}
	r.writeProxy(&b)
	r.writeProfile(&b)
	r.writeChange(&b)
	r.writeMatch(&b)
	return b.String()
}

func (r *report) writeProxy(b *strings.Builder) {
	if len(r.proxy) == 0 {
		return
	}
	reference := 0.0
	for _, p := range r.proxy {
		if p.name == "nginx" {
			reference = mean(p.rate)
		}
	}
	fmt.Fprintf(b, "\n### Proxying\n\n| | version | requests/s | of nginx | rounds | p50 | p99 | errors |\n|---|---|---|---|---|---|---|---|\n")
	for _, p := range r.proxy {
		ratio := "–"
		if reference > 0 {
			ratio = fmt.Sprintf("%.2f", mean(p.rate)/reference)
		}
		rounds := make([]string, len(p.rate))
		for i, v := range p.rate {
			rounds[i] = fmt.Sprintf("%.0f", v)
		}
		fmt.Fprintf(b, "| %s | %s | %.0f | %s | %s | %s | %s | %d |\n", p.name, p.version, mean(p.rate), ratio,
			strings.Join(rounds, " "), percentile(p.p50, 50), percentile(p.p99, 50), p.errors)
	}
}

// writeProfile shows where the gateway's time went under the same load.
func (r *report) writeProfile(b *strings.Builder) {
	if r.profile != "" {
		fmt.Fprintf(b, "\nWhere the gateway's processor time goes under this load:\n\n```text\n%s\n```\n", r.profile)
	}
}

func (r *report) writeChange(b *strings.Builder) {
	if len(r.change) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### Change → live on two instances\n\n| APIs in the group | changes | p50 | p99 | max | recorded → served p50 | p99 | gateway started alone p50 | max |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, c := range r.change {
		fmt.Fprintf(b, "| %d | %d | %s | %s | %s | %s | %s | %s | %s |\n", c.apis, c.n, ms(c.p50), ms(c.p99), ms(c.max),
			ms(c.gateway50), ms(c.gateway99), ms(c.start50), ms(c.startMax))
	}
}

func (r *report) writeMatch(b *strings.Builder) {
	if len(r.match) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### Matching\n\n| benchmark | ns | allocations |\n|---|---|---|\n")
	for _, m := range r.match {
		fmt.Fprintf(b, "| %s | %s | %s |\n", m.name, m.nanoseconds, m.allocations)
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }

func mean(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

const (
	tablesBegin = "<!-- tables: written by make bench -->\n"
	tablesEnd   = "<!-- end of tables -->"
)

// replaceTables puts text between the marks of file.
func replaceTables(file, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(old, []byte(tablesBegin))
	_, after, ok2 := bytes.Cut(rest, []byte(tablesEnd))
	if !ok || !ok2 {
		return errors.New(file + " lacks the marks between which the tables go")
	}
	var b bytes.Buffer
	b.Write(before)
	b.WriteString(tablesBegin)
	b.WriteString("\n" + text + "\n")
	b.WriteString(tablesEnd)
	b.Write(after)
	return os.WriteFile(file, b.Bytes(), 0o644)
}

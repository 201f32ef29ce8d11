package config

import (
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/gatewright/gatewright"
)

// Defaults and limits of [Server].
const (
	DefaultListen          = "127.0.0.1:8080"
	DefaultDataDir         = ".gatewright"
	DefaultKeepGenerations = 10_000
	DefaultShutdownTimeout = 10 * time.Second

	MaxListen          = 16
	MinLostAfter       = 10 * time.Second // two heartbeats: a shorter time loses instances that are well
	MaxLostAfter       = time.Hour
	MaxKeepGenerations = 1_000_000
	MaxKeepAuditDays   = 36_500
	MaxShutdownTimeout = 10 * time.Minute
)

// Server configures a control plane.
type Server struct {
	// Listen are the addresses, host:port, of the management API and of the
	// gateways' link.
	Listen []string
	// DataDir holds the database, unless Store says otherwise, and the first
	// admin token; its owner alone can read it. A relative path is below the
	// working directory.
	DataDir string
	// Store says where the state is kept.
	Store Store
	// TLS is empty for plain HTTP.
	TLS TLS
	// PublicURL is the address at which browsers reach this control plane; ""
	// when nobody needs to know. With https, cookies are kept from plain HTTP.
	PublicURL string
	OIDC      OIDC
	// Notify and Mail say where notifications go, and how.
	Notify Notify
	Mail   Mail
	// SecretKeysFile holds the keys that seal secrets in the database; "" is the
	// file secret-keys in the data directory, made at the first start. Replicas
	// have the same.
	SecretKeysFile string
	// Insecure allows plain HTTP on addresses other machines can reach.
	Insecure bool
	// LostAfter is how long an instance may be silent before changes no
	// longer wait for it.
	LostAfter time.Duration
	// KeepGenerations is how far behind an instance may be and still get only
	// the difference when it returns.
	KeepGenerations int
	// KeepAuditDays is how many days audit entries are kept; 0 keeps them for
	// ever.
	KeepAuditDays int
	// ShutdownTimeout bounds how long requests under way may take to end.
	ShutdownTimeout time.Duration
	Log             Log
}

// TLS names a certificate and its key, PEM files both.
type TLS struct {
	CertFile string
	KeyFile  string
}

// Enabled reports whether a certificate is named.
func (t TLS) Enabled() bool { return t.CertFile != "" }

// Log says what is logged and how.
type Log struct {
	Level  slog.Level
	Format LogFormat
}

// LogFormat is the form of log lines.
type LogFormat string

// The log formats.
const (
	LogAuto LogFormat = "auto" // text on a terminal, JSON otherwise
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// DefaultServer returns the configuration of a control plane that is given
// none: plain HTTP on the loopback interface.
func DefaultServer() Server {
	return Server{
		Listen:          []string{DefaultListen},
		DataDir:         DefaultDataDir,
		OIDC:            OIDC{Scopes: []string{"profile", "email"}, UsernameClaim: "preferred_username", GroupsClaim: "groups"},
		Store:           Store{Connections: DefaultStoreConnections},
		LostAfter:       gatewright.LostAfter,
		KeepGenerations: DefaultKeepGenerations,
		ShutdownTimeout: DefaultShutdownTimeout,
		Log:             Log{Level: slog.LevelInfo, Format: LogAuto},
	}
}

// validate checks the rules; places tells where a setting was written.
func (c *Server) validate(places places, report *report) {
	c.validateListen(places, report)
	switch {
	case c.TLS.CertFile != "" && c.TLS.KeyFile == "":
		report.add(places, "tls.certFile", "a certificate needs its key; set tls.keyFile")
	case c.TLS.CertFile == "" && c.TLS.KeyFile != "":
		report.add(places, "tls.keyFile", "a key needs its certificate; set tls.certFile")
	}
	if c.DataDir == "" {
		report.add(places, "dataDir", "the data directory has no name")
	}
	c.Store.validate(places, report)
	c.OIDC.validate(c.PublicURL, places, report)
	c.Notify.validate(places, report)
	c.Mail.validate(places, report)
	between(report, places, "lostAfter", c.LostAfter, MinLostAfter, MaxLostAfter)
	between(report, places, "keepGenerations", c.KeepGenerations, 1, MaxKeepGenerations)
	between(report, places, "keepAuditDays", c.KeepAuditDays, 0, MaxKeepAuditDays)
	between(report, places, "shutdownTimeout", c.ShutdownTimeout, 0, MaxShutdownTimeout)
}

func (c *Server) validateListen(places places, report *report) {
	if len(c.Listen) == 0 {
		report.add(places, "listen", "there is no address to listen on")
	}
	if len(c.Listen) > MaxListen {
		report.add(places, "listen", strconv.Itoa(len(c.Listen))+" addresses; at most "+strconv.Itoa(MaxListen)+" are allowed")
		return
	}
	for i, address := range c.Listen {
		if err := CheckListen(address); err != nil {
			report.add(places, "listen", err.Error())
			continue
		}
		for _, other := range c.Listen[:i] {
			if other == address && !isAnyPort(address) {
				report.add(places, "listen", "address "+address+" is listed twice")
			}
		}
		if !IsLoopback(address) && !c.TLS.Enabled() && !c.Insecure {
			report.add(places, "listen", "address "+address+
				" can be reached from other machines, and tokens would travel in clear; set tls.certFile and tls.keyFile, or write insecure: true if something in front of it does TLS")
		}
	}
}

// CheckListen reports whether address is host:port with a port from 0 to
// 65535; port 0 takes any free one and an empty host every interface.
func CheckListen(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return gatewright.FieldErrorf("listen", "address %q is not host:port, like 127.0.0.1:8080", address)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return gatewright.FieldErrorf("listen", "address %q: the port is not a number between 0 and 65535", address)
	}
	if host == "" || host == "localhost" {
		return nil
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return gatewright.FieldErrorf("listen", "address %q: the host is not an IP address or localhost", address)
	}
	return nil
}

// IsLoopback reports whether only this machine can reach address, a host:port
// that [CheckListen] accepts.
func IsLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

func isAnyPort(address string) bool {
	_, port, err := net.SplitHostPort(address)
	return err == nil && port == "0"
}

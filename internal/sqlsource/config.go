package sqlsource

import (
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gatewright/gatewright"
)

// Kind is a kind of database.
type Kind string

// The kinds of database. MariaDB is of kind MySQL.
const (
	Postgres   Kind = "postgres"
	MySQL      Kind = "mysql"
	ClickHouse Kind = "clickhouse"
	SQLite     Kind = "sqlite"
)

// Config says which database a [Source] reads. It holds nothing secret.
type Config struct {
	Kind     Kind              `json:"kind"`
	Host     string            `json:"host,omitempty"`     // name or address; not for SQLite
	Port     int               `json:"port,omitempty"`     // 0 is the database's usual one
	Database string            `json:"database,omitempty"` // its name; for SQLite the absolute path of its file
	TLS      TLS               `json:"tls,omitzero"`
	Options  map[string]string `json:"options,omitempty"` // see [Options]
	Limits   Limits            `json:"limits,omitzero"`
}

// TLSMode says how a connection is protected.
type TLSMode string

// The modes of TLS.
const (
	TLSVerify  TLSMode = "verify"  // encrypted, certificate and name checked; the default
	TLSRequire TLSMode = "require" // encrypted, whoever answers: no protection against an impostor
	TLSDisable TLSMode = "disable" // in clear, the password as well with some databases
)

// TLS says how connections are protected and whom they trust.
type TLS struct {
	Mode       TLSMode `json:"mode,omitempty"`       // "" is [TLSVerify]
	CA         string  `json:"ca,omitempty"`         // PEM; "" is what the system trusts
	ServerName string  `json:"serverName,omitempty"` // in the certificate; "" is the host
}

// Limits bound what a source takes of its database and of the gateway. Zero
// means the default.
type Limits struct {
	Connections      int           `json:"connections,omitempty"`      // open at once: 1–1000, default 10
	Idle             int           `json:"idle,omitempty"`             // kept open without work: at most Connections, default 2
	IdleTime         time.Duration `json:"idleTime,omitempty"`         // until an idle one is closed: 1 s–1 h, default 5 min
	Lifetime         time.Duration `json:"lifetime,omitempty"`         // until any is replaced: 1 s–24 h, default 30 min
	Queue            int           `json:"queue,omitempty"`            // callers waiting for a connection: 1–10,000, default 100
	WaitTimeout      time.Duration `json:"waitTimeout,omitempty"`      // for a connection: 1 ms–5 min, default 5 s
	ConnectTimeout   time.Duration `json:"connectTimeout,omitempty"`   // of opening one: 100 ms–1 min, default 5 s
	StatementTimeout time.Duration `json:"statementTimeout,omitempty"` // of any statement: 1 ms–1 h, default 30 s
	MaxRows          int64         `json:"maxRows,omitempty"`          // of one result: 1–100,000,000, default 100,000
	MaxBytes         int64         `json:"maxBytes,omitempty"`         // of one result's cells: 1 KiB–16 GiB, default 256 MiB
}

const (
	maxTextField = 255      // host, database and the like, in bytes
	maxPEM       = 64 << 10 // of certificates, in bytes
)

var (
	hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$`)
	// databaseName leaves out what some driver takes for the end of a name.
	databaseName = regexp.MustCompile(`^[^\x00-\x1f\x7f]*$`)
)

// Validate returns what is wrong with c, with the name of the field.
func (c Config) Validate() error {
	switch c.Kind {
	case Postgres, MySQL, ClickHouse, SQLite:
	default:
		return gatewright.FieldErrorf("kind", "there is no database of kind %q; use postgres, mysql, clickhouse or sqlite", c.Kind)
	}
	if err := c.validatePlace(); err != nil {
		return err
	}
	if err := c.TLS.validate(); err != nil {
		return err
	}
	if err := c.Limits.validate(); err != nil {
		return err
	}
	return c.validateOptions()
}

func (c Config) validatePlace() error {
	if len(c.Database) > maxTextField*4 || !databaseName.MatchString(c.Database) {
		return gatewright.FieldErrorf("database", "the database's name must have at most %d bytes and no control characters", maxTextField*4)
	}
	if c.Kind == SQLite {
		return c.validateFile()
	}
	if addr, err := netip.ParseAddr(c.Host); err == nil {
		if addr.Zone() != "" {
			return gatewright.FieldErrorf("host", "the address %s has a zone; databases on link-local addresses are not read", c.Host)
		}
	} else if len(c.Host) > maxTextField || !hostName.MatchString(c.Host) {
		return gatewright.FieldErrorf("host", "%q is neither a host's name nor an address; give it without port, path or user", c.Host)
	}
	if c.Port < 0 || c.Port > 65535 {
		return gatewright.FieldErrorf("port", "the port %d is not between 1 and 65535", c.Port)
	}
	if c.Database == "" && c.Kind != ClickHouse {
		return gatewright.FieldErrorf("database", "name the database to read from")
	}
	return nil
}

// validateFile refuses what SQLite's URI file names could smuggle in: another
// mode, another virtual file system, a database in memory.
func (c Config) validateFile() error {
	if c.Host != "" || c.Port != 0 || c.TLS != (TLS{}) {
		return gatewright.FieldErrorf("host", "SQLite is read from a file; host, port and TLS are for databases behind a network")
	}
	if !strings.HasPrefix(c.Database, "/") || strings.ContainsAny(c.Database, "?#%") || strings.Contains(c.Database, "/../") {
		return gatewright.FieldErrorf("database", "give the absolute path of the SQLite file, without \"..\", '?', '#' and '%%'")
	}
	return nil
}

func (t TLS) validate() error {
	switch t.Mode {
	case "", TLSVerify, TLSRequire, TLSDisable:
	default:
		return gatewright.FieldErrorf("tls.mode", "there is no TLS mode %q; use verify, require or disable", t.Mode)
	}
	if t.Mode != "" && t.Mode != TLSVerify && t.CA != "" {
		return gatewright.FieldErrorf("tls.ca", "a CA is for the mode verify; with %q nothing is checked", t.Mode)
	}
	if t.CA != "" && (len(t.CA) > maxPEM || !x509.NewCertPool().AppendCertsFromPEM([]byte(t.CA))) {
		return gatewright.FieldErrorf("tls.ca", "there is no certificate in the CA; it must be PEM of at most %d bytes", maxPEM)
	}
	if t.ServerName != "" && (len(t.ServerName) > maxTextField || !hostName.MatchString(t.ServerName)) {
		return gatewright.FieldErrorf("tls.serverName", "%q is not a host's name", t.ServerName)
	}
	return nil
}

// client returns what connections to host use, nil for none.
func (t TLS) client(host string, credentials Credentials) (*tls.Config, error) {
	if t.Mode == TLSDisable {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, InsecureSkipVerify: t.Mode == TLSRequire} // asked for by name
	if t.ServerName != "" {
		config.ServerName = t.ServerName
	}
	if t.CA != "" {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM([]byte(t.CA))
	}
	if credentials.ClientCertificate != "" || credentials.ClientKey != "" {
		pair, err := tls.X509KeyPair([]byte(credentials.ClientCertificate), []byte(credentials.ClientKey))
		if err != nil { // its text may quote the key
			return nil, gatewright.FieldErrorf("clientCertificate", "client certificate and key are not a pair in PEM")
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// bound is one limit: its field, value, default and range.
type bound[T int | int64 | time.Duration] struct {
	field              string
	value              *T
	usual, least, most T
}

func (l *Limits) counts() []bound[int] {
	return []bound[int]{
		{"connections", &l.Connections, 10, 1, 1000},
		{"idle", &l.Idle, 2, 1, 1000},
		{"queue", &l.Queue, 100, 1, 10_000},
	}
}

func (l *Limits) sizes() []bound[int64] {
	return []bound[int64]{
		{"maxRows", &l.MaxRows, 100_000, 1, 100_000_000},
		{"maxBytes", &l.MaxBytes, 256 << 20, 1 << 10, 16 << 30},
	}
}

func (l *Limits) times() []bound[time.Duration] {
	return []bound[time.Duration]{
		{"idleTime", &l.IdleTime, 5 * time.Minute, time.Second, time.Hour},
		{"lifetime", &l.Lifetime, 30 * time.Minute, time.Second, 24 * time.Hour},
		{"waitTimeout", &l.WaitTimeout, 5 * time.Second, time.Millisecond, 5 * time.Minute},
		{"connectTimeout", &l.ConnectTimeout, 5 * time.Second, 100 * time.Millisecond, time.Minute},
		{"statementTimeout", &l.StatementTimeout, 30 * time.Second, time.Millisecond, time.Hour},
	}
}

func (l Limits) validate() error {
	for _, err := range slices.Concat(outside(l.counts()), outside(l.sizes()), outside(l.times())) {
		return err
	}
	if filled := l.withDefaults(); l.Idle > filled.Connections {
		return gatewright.FieldErrorf("limits.idle", "%d idle connections are more than the %d there may be", l.Idle, filled.Connections)
	}
	return nil
}

func outside[T int | int64 | time.Duration](bounds []bound[T]) (errs []error) {
	for _, b := range bounds {
		if *b.value != 0 && (*b.value < b.least || *b.value > b.most) {
			errs = append(errs, gatewright.FieldErrorf("limits."+b.field, "%v is not between %v and %v", *b.value, b.least, b.most))
		}
	}
	return errs
}

// withDefaults returns l with a value for everything.
func (l Limits) withDefaults() Limits {
	fill(l.counts())
	fill(l.sizes())
	fill(l.times())
	l.Idle = min(l.Idle, l.Connections)
	return l
}

func fill[T int | int64 | time.Duration](bounds []bound[T]) {
	for _, b := range bounds {
		if *b.value == 0 {
			*b.value = b.usual
		}
	}
}

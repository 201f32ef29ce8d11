package gatewright

import (
	"cmp"
	"crypto/x509"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Dialect is the SQL a database speaks and the way it is spoken with.
type Dialect string

// The dialects.
const (
	PostgreSQL Dialect = "postgresql"
	MySQL      Dialect = "mysql" // MariaDB, too
	ClickHouse Dialect = "clickhouse"
	SQLite     Dialect = "sqlite"
)

// Validate checks that d is one of the dialects.
func (d Dialect) Validate() error {
	switch d {
	case PostgreSQL, MySQL, ClickHouse, SQLite:
		return nil
	}
	return FieldErrorf("dialect", "dialect %q is not one of postgresql, mysql, clickhouse and sqlite", d)
}

// SourceConfig says which database a data source is and how it is used. It
// holds nothing secret.
type SourceConfig struct {
	Dialect  Dialect           `json:"dialect"`
	Host     string            `json:"host,omitempty"`     // name or address; not for SQLite
	Port     int               `json:"port,omitempty"`     // 0 is the database's usual one
	Database string            `json:"database,omitempty"` // its name; for SQLite the absolute path of its file on the gateways
	TLS      SourceTLS         `json:"tls,omitzero"`
	Options  map[string]string `json:"options,omitempty"` // see [SourceOptions]
	Limits   SourceLimits      `json:"limits,omitzero"`
}

// SourceTLSMode says how a connection to a database is protected.
type SourceTLSMode string

// The modes of TLS.
const (
	SourceTLSVerify  SourceTLSMode = "verify"  // encrypted, certificate and name checked; the default
	SourceTLSRequire SourceTLSMode = "require" // encrypted, whoever answers: no protection against an impostor
	SourceTLSDisable SourceTLSMode = "disable" // in clear, the password as well with some databases
)

// SourceTLS says how connections are protected and whom they trust.
type SourceTLS struct {
	Mode       SourceTLSMode `json:"mode,omitempty"`       // "" is [SourceTLSVerify]
	CA         string        `json:"ca,omitempty"`         // PEM; "" is what the system trusts
	ServerName string        `json:"serverName,omitempty"` // in the certificate; "" is the host
}

// SourceLimits bound what a source takes of its database and of the gateway.
// Zero means the default.
type SourceLimits struct {
	Connections      int      `json:"connections,omitempty"`      // open at once: 1–1000, default 10
	Idle             int      `json:"idle,omitempty"`             // kept open without work: at most Connections, default 2
	IdleTime         Duration `json:"idleTime,omitempty"`         // until an idle one is closed: 1 s–1 h, default 5 min
	Lifetime         Duration `json:"lifetime,omitempty"`         // until any is replaced: 1 s–24 h, default 30 min
	Queue            int      `json:"queue,omitempty"`            // callers waiting for a connection: 1–10,000, default 100
	WaitTimeout      Duration `json:"waitTimeout,omitempty"`      // for a connection: 1 ms–5 min, default 5 s
	ConnectTimeout   Duration `json:"connectTimeout,omitempty"`   // of opening one: 100 ms–1 min, default 5 s
	StatementTimeout Duration `json:"statementTimeout,omitempty"` // of any statement: 1 ms–1 h, default 30 s
	MaxRows          int64    `json:"maxRows,omitempty"`          // of one result: 1–100,000,000, default 100,000
	MaxBytes         int64    `json:"maxBytes,omitempty"`         // of one result's cells: 1 KiB–16 GiB, default 256 MiB
}

const (
	maxSourceText = 255      // host, database and the like, in bytes
	maxSourcePEM  = 64 << 10 // of certificates, in bytes
)

var (
	sourceHost = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$`)
	// databaseName leaves out what some driver takes for the end of a name.
	databaseName = regexp.MustCompile(`^[^\x00-\x1f\x7f]*$`)
)

// Validate returns what is wrong with c, with the name of the field.
func (c *SourceConfig) Validate() error {
	if err := c.Dialect.Validate(); err != nil {
		return err
	}
	if err := c.checkPlace(); err != nil {
		return err
	}
	if err := c.TLS.validate(); err != nil {
		return err
	}
	if err := c.Limits.validate(); err != nil {
		return err
	}
	return c.checkOptions()
}

// Place returns where the database is, for people: "db.example:5432/shop".
func (c *SourceConfig) Place() string {
	if c.Dialect == SQLite {
		return c.Database
	}
	place := c.Host
	if c.Port != 0 {
		place = net.JoinHostPort(c.Host, strconv.Itoa(c.Port))
	}
	return place + "/" + c.Database
}

// DefaultSchema returns where physical tables are that name no schema, "" when
// nothing says so.
func (c *SourceConfig) DefaultSchema() string {
	switch c.Dialect {
	case SQLite:
		return "main"
	case PostgreSQL:
		first, _, _ := strings.Cut(c.Options["search_path"], ",")
		return cmp.Or(strings.TrimSpace(first), "public")
	case ClickHouse:
		return cmp.Or(c.Database, "default")
	}
	return c.Database
}

func (c *SourceConfig) checkPlace() error {
	if len(c.Database) > maxSourceText*4 || !databaseName.MatchString(c.Database) {
		return FieldErrorf("database", "the database's name must have at most %d bytes and no control characters", maxSourceText*4)
	}
	if c.Dialect == SQLite {
		return c.checkFile()
	}
	if addr, err := netip.ParseAddr(c.Host); err == nil {
		if addr.Zone() != "" {
			return FieldErrorf("host", "the address %s has a zone; databases on link-local addresses are not read", c.Host)
		}
	} else if len(c.Host) > maxSourceText || !sourceHost.MatchString(c.Host) {
		return FieldErrorf("host", "%q is neither a host's name nor an address; give it without port, path or user", c.Host)
	}
	if c.Port < 0 || c.Port > 65535 {
		return FieldErrorf("port", "the port %d is not between 1 and 65535", c.Port)
	}
	if c.Database == "" && c.Dialect != ClickHouse {
		return FieldErrorf("database", "name the database to read from")
	}
	return nil
}

// checkFile refuses what SQLite's URI file names could smuggle in: another
// mode, another virtual file system, a database in memory.
func (c *SourceConfig) checkFile() error {
	if c.Host != "" || c.Port != 0 || c.TLS != (SourceTLS{}) {
		return FieldErrorf("host", "SQLite is read from a file; host, port and TLS are for databases behind a network")
	}
	if !strings.HasPrefix(c.Database, "/") || strings.ContainsAny(c.Database, "?#%") || strings.Contains(c.Database, "/../") {
		return FieldErrorf("database", "give the absolute path of the SQLite file, without \"..\", '?', '#' and '%%'")
	}
	return nil
}

func (t *SourceTLS) validate() error {
	switch t.Mode {
	case "", SourceTLSVerify, SourceTLSRequire, SourceTLSDisable:
	default:
		return FieldErrorf("tls.mode", "there is no TLS mode %q; use verify, require or disable", t.Mode)
	}
	if t.Mode != "" && t.Mode != SourceTLSVerify && t.CA != "" {
		return FieldErrorf("tls.ca", "a CA is for the mode verify; with %q nothing is checked", t.Mode)
	}
	if t.CA != "" && (len(t.CA) > maxSourcePEM || !x509.NewCertPool().AppendCertsFromPEM([]byte(t.CA))) {
		return FieldErrorf("tls.ca", "there is no certificate in the CA; it must be PEM of at most %d bytes", maxSourcePEM)
	}
	if t.ServerName != "" && (len(t.ServerName) > maxSourceText || !sourceHost.MatchString(t.ServerName)) {
		return FieldErrorf("tls.serverName", "%q is not a host's name", t.ServerName)
	}
	return nil
}

// sourceBound is one limit: its field, value, default and range.
type sourceBound[T int | int64 | Duration] struct {
	field              string
	value              *T
	usual, least, most T
}

func (l *SourceLimits) counts() []sourceBound[int] {
	return []sourceBound[int]{
		{"connections", &l.Connections, 10, 1, 1000},
		{"idle", &l.Idle, 2, 1, 1000},
		{"queue", &l.Queue, 100, 1, 10_000},
	}
}

func (l *SourceLimits) sizes() []sourceBound[int64] {
	return []sourceBound[int64]{
		{"maxRows", &l.MaxRows, 100_000, 1, 100_000_000},
		{"maxBytes", &l.MaxBytes, 256 << 20, 1 << 10, 16 << 30},
	}
}

func (l *SourceLimits) times() []sourceBound[Duration] {
	bound := func(field string, value *Duration, usual, least, most time.Duration) sourceBound[Duration] {
		return sourceBound[Duration]{field, value, Duration(usual), Duration(least), Duration(most)}
	}
	return []sourceBound[Duration]{
		bound("idleTime", &l.IdleTime, 5*time.Minute, time.Second, time.Hour),
		bound("lifetime", &l.Lifetime, 30*time.Minute, time.Second, 24*time.Hour),
		bound("waitTimeout", &l.WaitTimeout, 5*time.Second, time.Millisecond, 5*time.Minute),
		bound("connectTimeout", &l.ConnectTimeout, 5*time.Second, 100*time.Millisecond, time.Minute),
		bound("statementTimeout", &l.StatementTimeout, 30*time.Second, time.Millisecond, time.Hour),
	}
}

func (l *SourceLimits) validate() error {
	for _, err := range slices.Concat(outsideOf(l.counts()), outsideOf(l.sizes()), outsideOf(l.times())) {
		return err
	}
	if filled := l.WithDefaults(); l.Idle > filled.Connections {
		return FieldErrorf("limits.idle", "%d idle connections are more than the %d there may be", l.Idle, filled.Connections)
	}
	return nil
}

func outsideOf[T int | int64 | Duration](bounds []sourceBound[T]) (errs []error) {
	shown := func(v T) any {
		if d, ok := any(v).(Duration); ok {
			return time.Duration(d)
		}
		return v
	}
	for _, b := range bounds {
		if *b.value != 0 && (*b.value < b.least || *b.value > b.most) {
			errs = append(errs, FieldErrorf("limits."+b.field, "%v is not between %v and %v", shown(*b.value), shown(b.least), shown(b.most)))
		}
	}
	return errs
}

// WithDefaults returns l with a value for everything.
func (l *SourceLimits) WithDefaults() SourceLimits {
	filled := *l
	fillSource(filled.counts())
	fillSource(filled.sizes())
	fillSource(filled.times())
	filled.Idle = min(filled.Idle, filled.Connections)
	return filled
}

func fillSource[T int | int64 | Duration](bounds []sourceBound[T]) {
	for _, b := range bounds {
		if *b.value == 0 {
			*b.value = b.usual
		}
	}
}

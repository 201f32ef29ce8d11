package gatewright

import (
	"net"
	"strconv"
	"strings"
	"time"
)

// Limits and defaults of a data source.
const (
	MaxSourceOptions        = 32
	MaxSourceConnections    = 1000
	DefaultConnections      = 16
	DefaultWaiting          = 1000 // callers that wait for a connection
	MaxWaiting              = 100_000
	DefaultWaitTime         = 5 * time.Second  // for a connection
	DefaultStatementTime    = 30 * time.Second // of one statement
	MaxStatementTime        = time.Hour
	MaxPasswordBytes        = 4096
	maxCertificateBytes     = 64 << 10
	maxSourceAddressBytes   = 1024
	maxSourceOptionBytes    = 1024
	maxDatabaseNameBytes    = 256
	maxDatabaseAccountBytes = 256
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

// TransportSecurity says how a connection to a database is protected.
type TransportSecurity string

// The ways to protect a connection.
const (
	TransportVerified  TransportSecurity = ""          // TLS, the server shows a certificate for its name
	TransportEncrypted TransportSecurity = "encrypted" // TLS with whatever certificate
	TransportPlain     TransportSecurity = "plain"     // no TLS
)

// DataSource is a group resource: a database as the gateways of one group
// reach it. Sources of the same name in several groups are the same thing to
// the APIs that use them, and usually other databases.
type DataSource struct {
	Name          string            `json:"name"` // unique in its group
	Project       ProjectID         `json:"project,omitempty"`
	Description   string            `json:"description,omitempty"`
	Dialect       Dialect           `json:"dialect"`
	Address       string            `json:"address"`            // host:port; for SQLite the file's path on the gateways
	Database      string            `json:"database,omitempty"` // "" for the account's own
	User          string            `json:"user,omitempty"`
	Password      SealedSecret      `json:"password,omitzero"`
	Transport     TransportSecurity `json:"transport,omitempty"`
	Authority     string            `json:"authority,omitempty"` // PEM certificates to trust instead of the system's
	Options       map[string]string `json:"options,omitempty"`   // of the driver; each dialect allows some
	Connections   int               `json:"connections,omitempty"`
	Waiting       int               `json:"waiting,omitempty"`
	WaitTime      Duration          `json:"waitTime,omitempty"`
	StatementTime Duration          `json:"statementTime,omitempty"`
}

// SealedSecret is a secret that the control plane can read and nobody else.
// What gateways run names it by ID and never holds it.
type SealedSecret struct {
	ID     SecretID `json:"id,omitempty"`     // another one whenever the secret changes
	Sealed string   `json:"sealed,omitempty"` // see package secret
}

// SecretID identifies one value of a secret ("sec_…").
type SecretID string

// CheckSourceName reports whether name can name a data source: what
// [CheckName] takes, without a slash.
func CheckSourceName(name string) error {
	if err := CheckName("data source name", name); err != nil {
		return err
	}
	if strings.Contains(name, "/") {
		return FieldErrorf("name", "data source name %q contains a slash", name)
	}
	return nil
}

// Validate checks the source's form. Which options a dialect allows is for the
// packages that connect to say.
func (s *DataSource) Validate() error {
	if err := CheckSourceName(s.Name); err != nil {
		return err
	}
	if err := CheckText("description", s.Description, MaxDescription); err != nil {
		return err
	}
	if err := s.Dialect.Validate(); err != nil {
		return err
	}
	if err := s.checkAddress(); err != nil {
		return err
	}
	for _, v := range []struct {
		field, value string
		limit        int
	}{
		{"database", s.Database, maxDatabaseNameBytes}, {"user", s.User, maxDatabaseAccountBytes},
		{"authority", s.Authority, maxCertificateBytes},
	} {
		if err := CheckText(v.field, v.value, v.limit); err != nil {
			return err
		}
	}
	switch s.Transport {
	case TransportVerified, TransportEncrypted, TransportPlain:
	default:
		return FieldErrorf("transport", "transport %q is neither \"\" (TLS, verified), %q nor %q", s.Transport, TransportEncrypted, TransportPlain)
	}
	if len(s.Options) > MaxSourceOptions {
		return FieldErrorf("options", "%d options; at most %d are allowed", len(s.Options), MaxSourceOptions)
	}
	for name, value := range s.Options {
		if err := CheckText("options", name+value, maxSourceOptionBytes); err != nil {
			return err
		}
	}
	return s.checkLimits()
}

func (s *DataSource) checkAddress() error {
	if len(s.Address) > maxSourceAddressBytes {
		return FieldErrorf("address", "the address has %d bytes; at most %d are allowed", len(s.Address), maxSourceAddressBytes)
	}
	if s.Dialect == SQLite {
		if s.Address == "" || strings.ContainsAny(s.Address, "?#\x00") {
			return FieldErrorf("address", "address %q is not the path of a file; options belong to options", s.Address)
		}
		return nil
	}
	host, port, err := net.SplitHostPort(s.Address)
	if n, badPort := strconv.Atoi(port); err != nil || host == "" || badPort != nil || n < 1 || n > 65535 {
		return FieldErrorf("address", "address %q is not host:port", s.Address)
	}
	if strings.ContainsAny(host, "/@?#%\\ ") {
		return FieldErrorf("address", "address %q: the host is neither a name nor an IP address", s.Address)
	}
	return nil
}

func (s *DataSource) checkLimits() error {
	if s.Connections < 0 || s.Connections > MaxSourceConnections {
		return FieldErrorf("connections", "%d connections are not between 1 and %d, or 0 for %d", s.Connections, MaxSourceConnections, DefaultConnections)
	}
	if s.Waiting < 0 || s.Waiting > MaxWaiting {
		return FieldErrorf("waiting", "%d waiting callers are not between 1 and %d, or 0 for %d", s.Waiting, MaxWaiting, DefaultWaiting)
	}
	if t := time.Duration(s.WaitTime); t < 0 || t > MaxTimeout {
		return FieldErrorf("waitTime", "waiting %s for a connection is not between 0 (%s) and %s", t, DefaultWaitTime, MaxTimeout)
	}
	if t := time.Duration(s.StatementTime); t < 0 || t > MaxStatementTime {
		return FieldErrorf("statementTime", "%s for a statement is not between 0 (%s) and %s", t, DefaultStatementTime, MaxStatementTime)
	}
	return nil
}

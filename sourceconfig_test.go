package gatewright_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gatewright/gatewright"
)

func TestSourceConfig(t *testing.T) {
	good := func(change func(*gatewright.SourceConfig)) gatewright.SourceConfig {
		c := gatewright.SourceConfig{Dialect: gatewright.PostgreSQL, Host: "db.example.com", Port: 5432, Database: "sales"}
		change(&c)
		return c
	}
	option := func(dialect gatewright.Dialect, name, value string) gatewright.SourceConfig {
		return good(func(c *gatewright.SourceConfig) { c.Dialect, c.Options = dialect, map[string]string{name: value} })
	}
	file := func(path string) gatewright.SourceConfig {
		return gatewright.SourceConfig{Dialect: gatewright.SQLite, Database: path}
	}
	tests := []struct {
		name   string
		config gatewright.SourceConfig
		field  string // "" is right
	}{
		{"plain", good(func(*gatewright.SourceConfig) {}), ""},
		{"address", good(func(c *gatewright.SourceConfig) { c.Host = "2001:db8::1" }), ""},
		{"no dialect", good(func(c *gatewright.SourceConfig) { c.Dialect = "" }), "dialect"},
		{"unknown dialect", good(func(c *gatewright.SourceConfig) { c.Dialect = "oracle" }), "dialect"},
		{"no host", good(func(c *gatewright.SourceConfig) { c.Host = "" }), "host"},
		{"host with port", good(func(c *gatewright.SourceConfig) { c.Host = "db:5432" }), "host"},
		{"socket", good(func(c *gatewright.SourceConfig) { c.Host = "/var/run/postgresql" }), "host"},
		{"several hosts", good(func(c *gatewright.SourceConfig) { c.Host = "a,b" }), "host"},
		{"user in host", good(func(c *gatewright.SourceConfig) { c.Host = "me@db" }), "host"},
		{"more in host", good(func(c *gatewright.SourceConfig) { c.Host = "db)/x?allowAllFiles=true&y=tcp(z" }), "host"},
		{"zone", good(func(c *gatewright.SourceConfig) { c.Host = "fe80::1%eth0" }), "host"},
		{"port", good(func(c *gatewright.SourceConfig) { c.Port = 65536 }), "port"},
		{"no database", good(func(c *gatewright.SourceConfig) { c.Database = "" }), "database"},
		{"line in database", good(func(c *gatewright.SourceConfig) { c.Database = "a\nb" }), "database"},
		{"strange database", good(func(c *gatewright.SourceConfig) { c.Database = "x?multiStatements=true" }), ""}, // a name, nothing parses it
		{"TLS mode", good(func(c *gatewright.SourceConfig) { c.TLS.Mode = "prefer" }), "tls.mode"},
		{"CA without check", good(func(c *gatewright.SourceConfig) {
			c.TLS = gatewright.SourceTLS{Mode: gatewright.SourceTLSRequire, CA: "x"}
		}), "tls.ca"},
		{"no CA", good(func(c *gatewright.SourceConfig) { c.TLS = gatewright.SourceTLS{CA: "x"} }), "tls.ca"},
		{"server name", good(func(c *gatewright.SourceConfig) { c.TLS.ServerName = "a b" }), "tls.serverName"},
		{"negative limit", good(func(c *gatewright.SourceConfig) { c.Limits.Connections = -1 }), "limits.connections"},
		{"too many connections", good(func(c *gatewright.SourceConfig) { c.Limits.Connections = 1001 }), "limits.connections"},
		{"more idle than open", good(func(c *gatewright.SourceConfig) { c.Limits = gatewright.SourceLimits{Connections: 2, Idle: 3} }), "limits.idle"},
		{"queue", good(func(c *gatewright.SourceConfig) { c.Limits.Queue = 10_001 }), "limits.queue"},
		{"statement time", good(func(c *gatewright.SourceConfig) { c.Limits.StatementTimeout = gatewright.Duration(2 * time.Hour) }), "limits.statementTimeout"},
		{"bytes", good(func(c *gatewright.SourceConfig) { c.Limits.MaxBytes = 1 }), "limits.maxBytes"},

		{"PostgreSQL option", option(gatewright.PostgreSQL, "search_path", "a, b"), ""},
		{"quote in an option", option(gatewright.PostgreSQL, "search_path", `a", "b`), "options"},
		{"PostgreSQL options", option(gatewright.PostgreSQL, "options", "-c log_statement=all"), "options"},
		{"preload", option(gatewright.PostgreSQL, "session_preload_libraries", "x"), "options"},
		{"service file", option(gatewright.PostgreSQL, "servicefile", "/etc/x"), "options"},
		{"password file", option(gatewright.PostgreSQL, "passfile", "/etc/x"), "options"},
		{"certificate file", option(gatewright.PostgreSQL, "sslcert", "/etc/x"), "options"},
		{"read write", option(gatewright.PostgreSQL, "default_transaction_read_only", "off"), "options"},
		{"role", option(gatewright.PostgreSQL, "role", "postgres"), "options"},
		{"MySQL option", option(gatewright.MySQL, "collation", "utf8mb4_bin"), ""},
		{"all files", option(gatewright.MySQL, "allowAllFiles", "true"), "options"},
		{"several statements", option(gatewright.MySQL, "multiStatements", "true"), "options"},
		{"password in clear", option(gatewright.MySQL, "allowCleartextPasswords", "true"), "options"},
		{"fall back", option(gatewright.MySQL, "allowFallbackToPlaintext", "true"), "options"},
		{"interpolation", option(gatewright.MySQL, "interpolateParams", "true"), "options"},
		{"first statement", option(gatewright.MySQL, "init_connect", "DROP TABLE x"), "options"},
		{"system variable", option(gatewright.MySQL, "transaction_read_only", "0"), "options"},
		{"ClickHouse option", option(gatewright.ClickHouse, "max_threads", "4"), ""},
		{"ClickHouse option, no number", option(gatewright.ClickHouse, "max_threads", "4&readonly=0"), "options"},
		{"ClickHouse writes", option(gatewright.ClickHouse, "readonly", "0"), "options"},
		{"ClickHouse user", option(gatewright.ClickHouse, "user", "root"), "options"},
		{"ClickHouse functions", option(gatewright.ClickHouse, "allow_ddl", "1"), "options"},

		{"file", file("/data/x.db"), ""},
		{"relative file", file("x.db"), "database"},
		{"in memory", file(":memory:"), "database"},
		{"URI", file("file:/data/x.db?mode=rwc"), "database"},
		{"parameters", file("/data/x.db?mode=rwc"), "database"},
		{"escaped", file("/data/%2e%2e/x.db"), "database"},
		{"above", file("/data/../etc/x.db"), "database"},
		{"file with host", gatewright.SourceConfig{Dialect: gatewright.SQLite, Host: "db", Database: "/x"}, "host"},
		{"SQLite pragma", gatewright.SourceConfig{Dialect: gatewright.SQLite, Database: "/x", Options: map[string]string{"_pragma": "query_only(0)"}}, "options"},
		{"SQLite option", gatewright.SourceConfig{Dialect: gatewright.SQLite, Database: "/x", Options: map[string]string{"cache_size": "100"}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.config.Validate()
			var e *gatewright.Error
			switch {
			case tt.field == "" && err != nil:
				t.Errorf("it is refused: %v", err)
			case tt.field != "" && (!errors.As(err, &e) || e.Field != tt.field || e.Code != gatewright.Invalid):
				t.Errorf("%v, want an error about %s", err, tt.field)
			}
		})
	}
}

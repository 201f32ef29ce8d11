package config

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// setting is one thing that can be set: under Path in the file, by Env in the
// environment. Both ways end in the same setter, so that they agree.
type setting struct {
	path string // "tls.certFile"
	env  string
	list bool // several values; in the environment separated by commas
	set  func(c *Server, values []string) error
}

// storePostgresEnv is the one place where the database's address may hold a
// password.
const storePostgresEnv = "GATEWRIGHT_STORE_POSTGRES"

// serverSettings lists everything a control plane's configuration knows.
func serverSettings() []setting {
	return []setting{
		{path: "listen", env: "GATEWRIGHT_LISTEN", list: true, set: func(c *Server, v []string) error {
			c.Listen = v
			return nil
		}},
		{path: "dataDir", env: "GATEWRIGHT_DATA_DIR", set: text(func(c *Server) *string { return &c.DataDir })},
		{path: "store.postgres", env: storePostgresEnv, set: text(func(c *Server) *string { return &c.Store.Postgres })},
		{path: "store.passwordFile", env: "GATEWRIGHT_STORE_PASSWORD_FILE", set: text(func(c *Server) *string { return &c.Store.PasswordFile })},
		{path: "store.connections", env: "GATEWRIGHT_STORE_CONNECTIONS", set: number(func(c *Server) *int { return &c.Store.Connections })},
		{path: "tls.certFile", env: "GATEWRIGHT_TLS_CERT_FILE", set: text(func(c *Server) *string { return &c.TLS.CertFile })},
		{path: "tls.keyFile", env: "GATEWRIGHT_TLS_KEY_FILE", set: text(func(c *Server) *string { return &c.TLS.KeyFile })},
		{path: "insecure", env: "GATEWRIGHT_INSECURE", set: boolean(func(c *Server) *bool { return &c.Insecure })},
		{path: "publicURL", env: "GATEWRIGHT_PUBLIC_URL", set: text(func(c *Server) *string { return &c.PublicURL })},
		{path: "oidc.issuer", env: "GATEWRIGHT_OIDC_ISSUER", set: text(func(c *Server) *string { return &c.OIDC.Issuer })},
		{path: "oidc.clientID", env: "GATEWRIGHT_OIDC_CLIENT_ID", set: text(func(c *Server) *string { return &c.OIDC.ClientID })},
		{path: "oidc.clientSecretFile", env: "GATEWRIGHT_OIDC_CLIENT_SECRET_FILE", set: text(func(c *Server) *string { return &c.OIDC.ClientSecretFile })},
		{path: "oidc.caFile", env: "GATEWRIGHT_OIDC_CA_FILE", set: text(func(c *Server) *string { return &c.OIDC.CAFile })},
		{path: "oidc.scopes", env: "GATEWRIGHT_OIDC_SCOPES", list: true, set: func(c *Server, v []string) error {
			c.OIDC.Scopes = v
			return nil
		}},
		{path: "oidc.usernameClaim", env: "GATEWRIGHT_OIDC_USERNAME_CLAIM", set: text(func(c *Server) *string { return &c.OIDC.UsernameClaim })},
		{path: "oidc.groupsClaim", env: "GATEWRIGHT_OIDC_GROUPS_CLAIM", set: text(func(c *Server) *string { return &c.OIDC.GroupsClaim })},
		{path: "oidc.createUsers", env: "GATEWRIGHT_OIDC_CREATE_USERS", set: boolean(func(c *Server) *bool { return &c.OIDC.CreateUsers })},
		{path: "oidc.matchEmail", env: "GATEWRIGHT_OIDC_MATCH_EMAIL", set: boolean(func(c *Server) *bool { return &c.OIDC.MatchEmail })},
		{path: "oidc.groupRules", env: "GATEWRIGHT_OIDC_GROUP_RULES", list: true, set: func(c *Server, v []string) error {
			return parseGroupRules(&c.OIDC, v)
		}},
		{path: "notify.allowLoopback", env: "GATEWRIGHT_NOTIFY_ALLOW_LOOPBACK", set: boolean(func(c *Server) *bool { return &c.Notify.AllowLoopback })},
		{path: "notify.denyPrivate", env: "GATEWRIGHT_NOTIFY_DENY_PRIVATE", set: boolean(func(c *Server) *bool { return &c.Notify.DenyPrivate })},
		{path: "notify.allow", env: "GATEWRIGHT_NOTIFY_ALLOW", list: true, set: func(c *Server, v []string) error {
			return parseNotifyAllow(&c.Notify, v)
		}},
		{path: "mail.server", env: "GATEWRIGHT_MAIL_SERVER", set: text(func(c *Server) *string { return &c.Mail.Server })},
		{path: "mail.tls", env: "GATEWRIGHT_MAIL_TLS", set: text(func(c *Server) *string { return &c.Mail.TLS })},
		{path: "mail.user", env: "GATEWRIGHT_MAIL_USER", set: text(func(c *Server) *string { return &c.Mail.User })},
		{path: "mail.passwordFile", env: "GATEWRIGHT_MAIL_PASSWORD_FILE", set: text(func(c *Server) *string { return &c.Mail.PasswordFile })},
		{path: "mail.from", env: "GATEWRIGHT_MAIL_FROM", set: text(func(c *Server) *string { return &c.Mail.From })},
		{path: "mail.fromName", env: "GATEWRIGHT_MAIL_FROM_NAME", set: text(func(c *Server) *string { return &c.Mail.FromName })},
		{path: "secretKeysFile", env: "GATEWRIGHT_SECRET_KEYS_FILE", set: text(func(c *Server) *string { return &c.SecretKeysFile })},
		{path: "lostAfter", env: "GATEWRIGHT_LOST_AFTER", set: duration(func(c *Server) *time.Duration { return &c.LostAfter })},
		{path: "keepGenerations", env: "GATEWRIGHT_KEEP_GENERATIONS", set: number(func(c *Server) *int { return &c.KeepGenerations })},
		{path: "keepAuditDays", env: "GATEWRIGHT_KEEP_AUDIT_DAYS", set: number(func(c *Server) *int { return &c.KeepAuditDays })},
		{path: "shutdownTimeout", env: "GATEWRIGHT_SHUTDOWN_TIMEOUT", set: duration(func(c *Server) *time.Duration { return &c.ShutdownTimeout })},
		{path: "log.level", env: "GATEWRIGHT_LOG_LEVEL", set: func(c *Server, v []string) (err error) {
			c.Log.Level, err = ParseLogLevel(v[0])
			return err
		}},
		{path: "log.format", env: "GATEWRIGHT_LOG_FORMAT", set: func(c *Server, v []string) (err error) {
			c.Log.Format, err = ParseLogFormat(v[0])
			return err
		}},
	}
}

// ParseLogLevel parses debug, info, warn or error.
func ParseLogLevel(s string) (slog.Level, error) {
	switch s {
	case "debug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("%q is not a log level; use debug, info, warn or error", s)
}

// ParseLogFormat parses auto, text or json.
func ParseLogFormat(s string) (LogFormat, error) {
	switch f := LogFormat(s); f {
	case LogAuto, LogText, LogJSON:
		return f, nil
	}
	return "", fmt.Errorf("%q is not a log format; use auto, text or json", s)
}

func text(field func(*Server) *string) func(*Server, []string) error {
	return func(c *Server, v []string) error {
		*field(c) = v[0]
		return nil
	}
}

func boolean(field func(*Server) *bool) func(*Server, []string) error {
	return func(c *Server, v []string) error {
		switch v[0] {
		case "true":
			*field(c) = true
		case "false":
			*field(c) = false
		default:
			return fmt.Errorf("%q is not true or false", v[0])
		}
		return nil
	}
}

func number(field func(*Server) *int) func(*Server, []string) error {
	return func(c *Server, v []string) error {
		n, err := strconv.Atoi(v[0])
		if err != nil {
			return fmt.Errorf("%q is not a whole number", v[0])
		}
		*field(c) = n
		return nil
	}
}

func duration(field func(*Server) *time.Duration) func(*Server, []string) error {
	return func(c *Server, v []string) error {
		d, err := time.ParseDuration(v[0])
		if err != nil {
			return fmt.Errorf("%q is not a duration; write 300ms, 30s or 2m", v[0])
		}
		*field(c) = d
		return nil
	}
}

// applyEnvironment sets what the environment names; an empty variable counts
// as not set.
func applyEnvironment(c *Server, getenv func(string) string, places places, report *report) {
	for _, s := range serverSettings() {
		value := getenv(s.env)
		if value == "" {
			continue
		}
		values := []string{value}
		if s.list {
			values = strings.Split(value, ",")
			for i := range values {
				values[i] = strings.TrimSpace(values[i])
			}
		}
		places[s.path] = s.env
		if err := s.set(c, values); err != nil {
			report.add(places, s.path, err.Error())
		}
	}
}

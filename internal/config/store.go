package config

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/gatewright/gatewright"
)

// Defaults and limits of [Store].
const (
	DefaultStoreConnections = 8
	MaxStoreConnections     = 200

	// MaxPasswordBytes bounds a password file.
	MaxPasswordBytes = 4096
)

// Store says where a control plane keeps its state: in an SQLite file in its
// data directory, or in a PostgreSQL database that several of them share.
type Store struct {
	// Postgres is the address of the database, postgres://user@host/name; ""
	// for SQLite. It holds a password only when it comes from the environment.
	Postgres string
	// PasswordFile is a file with the password and nothing else; "" when there
	// is none, or the address holds it.
	PasswordFile string
	// Connections bounds those that read at a time; two more write and listen.
	Connections int
}

// URL returns the address of the PostgreSQL database with its password; "" for
// SQLite. It must not be logged.
func (s Store) URL() (string, error) {
	if s.Postgres == "" || s.PasswordFile == "" {
		return s.Postgres, nil
	}
	u, err := url.Parse(s.Postgres)
	if err != nil {
		return "", errStoreAddress // and nothing of err, which repeats the address
	}
	password, err := readPassword(s.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("read the password of the database: %w", err)
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String(), nil
}

var errStoreAddress = gatewright.FieldErrorf("store.postgres", "it is not an address like postgres://user@host:5432/database?sslmode=verify-full, with special characters percent-encoded")

// readPassword returns what the file holds but for a line's end.
func readPassword(name string) (password string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := io.ReadAll(io.LimitReader(f, MaxPasswordBytes+1))
	if err != nil {
		return "", err
	}
	if len(b) > MaxPasswordBytes {
		return "", gatewright.Errorf(gatewright.LimitExceeded, "%s is longer than %d bytes", name, MaxPasswordBytes)
	}
	password = strings.TrimRight(string(b), "\r\n")
	if password == "" {
		return "", gatewright.Errorf(gatewright.Invalid, "%s is empty", name)
	}
	return password, nil
}

// validate checks the rules. Its messages repeat nothing of the address.
func (s Store) validate(places places, report *report) {
	between(report, places, "store.connections", s.Connections, 1, MaxStoreConnections)
	if s.Postgres == "" {
		if s.PasswordFile != "" {
			report.add(places, "store.passwordFile", "a password needs the address it is for; set store.postgres")
		}
		return
	}
	u, err := url.Parse(s.Postgres)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Opaque != "" {
		report.add(places, "store.postgres", errStoreAddress.Message)
		return
	}
	_, inUser := u.User.Password()
	secret := inUser || u.Query().Has("password") || u.Query().Has("sslpassword")
	switch {
	case secret && s.PasswordFile != "":
		report.add(places, "store.passwordFile", "there is a password in store.postgres, too; keep one of them")
	case secret && places["store.postgres"] != storePostgresEnv:
		report.add(places, "store.postgres", "it holds a password, which does not belong here; put that into a file and name it as store.passwordFile, or set the whole address as "+storePostgresEnv)
	case s.PasswordFile != "" && u.User.Username() == "":
		report.add(places, "store.passwordFile", "a password needs a user; name one in store.postgres")
	}
}

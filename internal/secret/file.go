package secret

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gatewright/gatewright"
)

// maxFile bounds a key file, comments included.
const maxFile = 64 << 10

// OpenFile returns the box of a key file. Unless the file is there it is made,
// with one key, mode 0600.
func OpenFile(name string) (*Box, error) {
	text, err := read(name)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(name); err != nil {
			return nil, err
		}
		text, err = read(name)
	}
	if err != nil {
		return nil, err
	}
	keys, err := parse(name, text)
	if err != nil {
		return nil, err
	}
	b, err := NewBox(keys...)
	if err != nil {
		return nil, gatewright.Errorf(gatewright.Invalid, "key file %s: %s", name, err)
	}
	return b, nil
}

func read(name string) (text string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("read the key file: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", fmt.Errorf("read the key file: %w", err)
	}
	if len(b) > maxFile {
		return "", gatewright.Errorf(gatewright.LimitExceeded, "key file %s is longer than %d bytes", name, maxFile)
	}
	return string(b), nil
}

// parse returns the keys. Its errors tell the line, never what is in it.
func parse(name, text string) ([][]byte, error) {
	var keys [][]byte
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		k, err := hex.DecodeString(line)
		if err != nil || len(k) != KeyBytes {
			return nil, gatewright.Errorf(gatewright.Invalid, "%s:%d: it is not a key of %d hexadecimal digits, as openssl rand -hex %d makes one", name, i+1, 2*KeyBytes, KeyBytes)
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// create makes a key file with one key. It appears whole or not at all, and
// never in place of another: of several processes that start at once, one
// makes it.
func create(name string) error {
	k := make([]byte, KeyBytes)
	if _, err := rand.Read(k); err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".secret-keys-*") // for its owner only
	if err != nil {
		return fmt.Errorf("make the key file: %w", err)
	}
	_, err = f.WriteString("# Seals secrets in the database. Keep a copy apart from the database's backups.\n" + hex.EncodeToString(k) + "\n")
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		if err = os.Link(f.Name(), name); errors.Is(err, fs.ErrExist) {
			err = nil
		}
	}
	if err = errors.Join(err, os.Remove(f.Name())); err != nil {
		return fmt.Errorf("make the key file: %w", err)
	}
	return nil
}

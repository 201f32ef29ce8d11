package lastgood

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// How files are brought to the disk. The file system joins what comes
// together; for very many it is quicker to have everything written.
const (
	syncParallel   = 16
	maxSingleSyncs = 256
)

// Modes of what is written: it may name secrets, and it decides what serves.
const (
	dirMode  fs.FileMode = 0o700
	fileMode fs.FileMode = 0o600
)

// Disk is the few things a [Store] does to files. Names are relative to the
// data directory. Errors wrap [fs.ErrNotExist] where that is the cause.
type Disk interface {
	// MakeDir makes a directory and its parents.
	MakeDir(name string) error
	// Read returns a file of at most limit bytes.
	Read(name string, limit int64) ([]byte, error)
	// Write writes a file anew; its content reaches the disk some time.
	Write(name string, body []byte) error
	// Sync returns when the files' content is on the disk.
	Sync(names []string) error
	// Append adds to a file and returns when that is on the disk.
	Append(name string, body []byte) error
	// Rename gives a file another name, replacing what had it.
	Rename(from, to string) error
	Remove(name string) error
	// List returns the names in a directory.
	List(name string) ([]string, error)
	// SyncDir returns when the names in a directory are on the disk.
	SyncDir(name string) error
	// Tighten takes from others what rights they have on a file or directory
	// and reports whether they had any.
	Tighten(name string, dir bool) (bool, error)
}

// OS returns the disk below the directory root.
func OS(root string) Disk { return osDisk{root} }

type osDisk struct{ root string }

func (d osDisk) path(name string) string { return filepath.Join(d.root, filepath.FromSlash(name)) }

func (d osDisk) MakeDir(name string) error { return os.MkdirAll(d.path(name), dirMode) }

func (d osDisk) Read(name string, limit int64) ([]byte, error) {
	f, err := os.Open(d.path(name))
	if err != nil {
		return nil, err
	}
	defer f.Close() // it was only read
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("file %s has more than %d bytes", name, limit)
	}
	return b, nil
}

func (d osDisk) Write(name string, body []byte) error {
	return os.WriteFile(d.path(name), body, fileMode)
}

func (d osDisk) Sync(names []string) error {
	if len(names) > maxSingleSyncs {
		if done, err := syncAll(d.root); done {
			return err
		}
	}
	var g errgroup.Group
	g.SetLimit(syncParallel)
	for _, name := range names {
		g.Go(func() error {
			f, err := os.OpenFile(d.path(name), os.O_WRONLY, 0)
			if err != nil {
				return err
			}
			return errors.Join(f.Sync(), f.Close())
		})
	}
	return g.Wait()
}

func (d osDisk) Append(name string, body []byte) error {
	f, err := os.OpenFile(d.path(name), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func (d osDisk) Rename(from, to string) error { return os.Rename(d.path(from), d.path(to)) }

func (d osDisk) Remove(name string) error { return os.Remove(d.path(name)) }

func (d osDisk) List(name string) ([]string, error) {
	entries, err := os.ReadDir(d.path(name))
	if err != nil {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

func (d osDisk) SyncDir(name string) error {
	f, err := os.Open(d.path(name))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func (d osDisk) Tighten(name string, dir bool) (bool, error) {
	info, err := os.Stat(d.path(name))
	if err != nil {
		return false, err
	}
	if info.Mode().Perm()&0o077 == 0 {
		return false, nil
	}
	mode := fileMode
	if dir {
		mode = dirMode
	}
	return true, os.Chmod(d.path(name), mode)
}

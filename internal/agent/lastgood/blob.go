package lastgood

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/gatewright/gatewright"
)

// blobName returns the file that holds the content with that hash.
func blobName(h gatewright.Hash) string {
	digits := strings.TrimPrefix(string(h), "sha256:")
	return blobDir + "/" + digits[:2] + "/" + digits
}

// Has reports whether there is a file for the content.
func (s *Store) Has(h gatewright.Hash) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.present[h]
}

// Blob returns the content with that hash. It is [*Damage] when the file holds
// something else, and wraps [fs.ErrNotExist] when there is none.
func (s *Store) Blob(h gatewright.Hash) ([]byte, error) {
	if !h.Valid() {
		return nil, fmt.Errorf("read blob: %q is not a hash: %w", h, fs.ErrNotExist)
	}
	name := blobName(h)
	body, err := s.disk.Read(name, gatewright.MaxResourceBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read blob: %w", err)
	}
	if err != nil {
		return nil, &Damage{File: name, Reason: err.Error()}
	}
	if got := gatewright.HashBytes(body); got != h {
		return nil, &Damage{File: name, Reason: "its content has hash " + got.Short()}
	}
	return body, nil
}

// Put keeps content under its hash, which the caller has verified. It is sure
// to be on the disk once a state that needs it was saved.
func (s *Store) Put(h gatewright.Hash, body []byte) error {
	if !h.Valid() {
		return fmt.Errorf("keep blob: %q is not a hash", h)
	}
	if s.Has(h) {
		return nil
	}
	name := blobName(h)
	dir := name[:strings.LastIndexByte(name, '/')]
	temporary, err := s.begin(name, dir)
	if err != nil {
		return fmt.Errorf("keep blob %s: %w", h.Short(), err)
	}
	if err := s.disk.Write(temporary, body); err != nil {
		s.remove(temporary) // what it took of a full disk
		return fmt.Errorf("keep blob %s: %w", h.Short(), err)
	}
	if err := s.disk.Rename(temporary, name); err != nil {
		return fmt.Errorf("keep blob %s: %w", h.Short(), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.present[h], s.loose[h] = true, true
	s.unsaved[dir] = true
	return nil
}

// begin makes the directory of a blob and names the file to write first, which
// no other goroutine writes.
func (s *Store) begin(name, dir string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.made[dir] {
		if err := s.disk.MakeDir(dir); err != nil {
			return "", err
		}
		s.made[dir] = true
		s.unsaved[blobDir], s.unsaved["."] = true, true
	}
	s.writing++
	return name + "." + strconv.Itoa(s.writing) + newSuffix, nil
}

// settleBlobs returns when the content and names of the needed blobs are on
// the disk. The error names one that is not there. s.mu is held.
func (s *Store) settleBlobs(needed []gatewright.Hash) error {
	var loose []string
	for _, h := range needed {
		if !s.present[h] {
			return fmt.Errorf("blob %s is not there", h.Short())
		}
		if s.loose[h] {
			loose = append(loose, blobName(h))
		}
	}
	if len(loose) > 0 {
		if err := s.disk.Sync(loose); err != nil {
			return err
		}
	}
	for _, h := range needed {
		delete(s.loose, h)
	}
	for dir := range s.unsaved {
		if err := s.disk.SyncDir(dir); err != nil {
			return err
		}
		delete(s.unsaved, dir)
	}
	return nil
}

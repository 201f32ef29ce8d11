package auditfile

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/gatewright/gatewright"
)

// maxEntryBytes bounds one entry of a file, in whatever notation.
const maxEntryBytes = 4 << 20

// Verify checks the JSON file r; expected are heads that were kept elsewhere.
// What is wrong with its entries is in the report. An error,
// [gatewright.Invalid], means that it is no such file or not a whole one.
func Verify(r io.Reader, expected ...gatewright.AuditHead) (*gatewright.AuditReport, error) {
	f := &file{source: &bounded{r: r, left: maxEntryBytes}, expected: expected}
	f.json = json.NewDecoder(f.source)
	if err := f.read(); err != nil {
		switch {
		case errors.Is(err, errTooLong):
			return nil, gatewright.Errorf(gatewright.LimitExceeded, "an entry of the file is longer than %d bytes", maxEntryBytes)
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, gatewright.Errorf(gatewright.Invalid, "the file ends before its end: it is only a part of an export")
		}
		return nil, err
	}
	return f.report()
}

// file is a JSON file that is being read.
type file struct {
	source   *bounded
	json     *json.Decoder
	expected []gatewright.AuditHead

	format   string
	complete bool
	anchor   gatewright.AuditHead
	head     gatewright.AuditHead
	ended    bool // head was there
	verifier *gatewright.AuditVerifier
	faulty   bool
}

func (f *file) read() error {
	if err := f.delimiter('{'); err != nil {
		return err
	}
	for f.json.More() {
		name, err := f.json.Token()
		if err != nil {
			return notAudit(err)
		}
		switch name {
		case "format":
			err = f.json.Decode(&f.format)
		case "complete":
			err = f.json.Decode(&f.complete)
		case "anchor":
			err = f.json.Decode(&f.anchor)
		case "head":
			f.ended = true
			err = f.json.Decode(&f.head)
		case "entries":
			err = f.entries()
		default:
			err = gatewright.Errorf(gatewright.Invalid, "the file has a member %q, which no audit export has", name)
		}
		if err != nil {
			return notAudit(err)
		}
	}
	if err := f.delimiter('}'); err != nil {
		return err
	}
	if _, err := f.json.Token(); !errors.Is(err, io.EOF) {
		return gatewright.Errorf(gatewright.Invalid, "something follows the end of the audit export")
	}
	return nil
}

func (f *file) entries() error {
	if f.verifier != nil {
		return gatewright.Errorf(gatewright.Invalid, "the file has entries twice")
	}
	f.verifier = gatewright.NewAuditVerifier(f.anchor, !f.complete)
	for _, h := range f.expected {
		f.verifier.Expect(h)
	}
	if err := f.delimiter('['); err != nil {
		return err
	}
	for f.json.More() {
		f.source.left = maxEntryBytes
		e := new(gatewright.AuditEntry)
		if err := f.json.Decode(e); err != nil {
			return err
		}
		if !f.faulty { // the rest is read to know that the file is whole
			f.faulty = f.verifier.Next(e) != nil
		}
	}
	return f.delimiter(']')
}

func (f *file) delimiter(want json.Delim) error {
	got, err := f.json.Token()
	if err != nil {
		return notAudit(err)
	}
	if got != want {
		return notAudit(nil)
	}
	return nil
}

func (f *file) report() (*gatewright.AuditReport, error) {
	if f.format != formatName || f.verifier == nil || !f.ended {
		return nil, notAudit(nil)
	}
	return f.verifier.End(f.head), nil
}

// notAudit explains an error of the JSON decoder.
func notAudit(err error) error {
	var known *gatewright.Error
	if errors.As(err, &known) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errTooLong) {
		return err
	}
	if err != nil {
		return gatewright.Errorf(gatewright.Invalid, "the file is no audit export: %v", err)
	}
	return gatewright.Errorf(gatewright.Invalid, "the file is no audit export; make one with: gatewright audit export -o FILE")
}

var errTooLong = errors.New("too long")

// bounded reads at most left bytes, a number that its owner renews.
type bounded struct {
	r    io.Reader
	left int
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

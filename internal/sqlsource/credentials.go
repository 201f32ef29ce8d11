package sqlsource

import (
	"encoding/json"
	"log/slog"

	"github.com/gatewright/gatewright"
)

// Credentials are what a database knows a gateway by. They travel and rest
// apart from the [gatewright.SourceConfig], and print as a mask only.
type Credentials struct {
	User     string
	Password string
	// ClientCertificate and ClientKey are PEM, both or neither, for databases
	// that want a certificate.
	ClientCertificate string
	ClientKey         string
}

// String returns a mask.
func (Credentials) String() string { return gatewright.Masked }

// GoString returns a mask.
func (Credentials) GoString() string { return gatewright.Masked }

// LogValue returns a mask.
func (Credentials) LogValue() slog.Value { return slog.StringValue(gatewright.Masked) }

// MarshalJSON returns a mask.
func (Credentials) MarshalJSON() ([]byte, error) { return json.Marshal(gatewright.Masked) }

package sqlsource

import (
	"crypto/tls"
	"crypto/x509"
	"time"

	"github.com/gatewright/gatewright"
)

// limits are the limits of one source, each with a value.
type limits struct {
	Connections, Idle, Queue                                          int
	IdleTime, Lifetime, WaitTimeout, ConnectTimeout, StatementTimeout time.Duration
	MaxRows, MaxBytes                                                 int64
}

// limitsOf returns valid limits with the defaults in their places.
func limitsOf(l gatewright.SourceLimits) limits {
	l = l.WithDefaults()
	return limits{
		Connections: l.Connections, Idle: l.Idle, Queue: l.Queue,
		IdleTime: time.Duration(l.IdleTime), Lifetime: time.Duration(l.Lifetime), WaitTimeout: time.Duration(l.WaitTimeout),
		ConnectTimeout: time.Duration(l.ConnectTimeout), StatementTimeout: time.Duration(l.StatementTimeout),
		MaxRows: l.MaxRows, MaxBytes: l.MaxBytes,
	}
}

// tlsClient returns what connections to host use, nil for none.
func tlsClient(t gatewright.SourceTLS, host string, credentials Credentials) (*tls.Config, error) {
	if t.Mode == gatewright.SourceTLSDisable {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, InsecureSkipVerify: t.Mode == gatewright.SourceTLSRequire} // asked for by name
	if t.ServerName != "" {
		config.ServerName = t.ServerName
	}
	if t.CA != "" {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM([]byte(t.CA))
	}
	if credentials.ClientCertificate != "" || credentials.ClientKey != "" {
		pair, err := tls.X509KeyPair([]byte(credentials.ClientCertificate), []byte(credentials.ClientKey))
		if err != nil { // its text may quote the key
			return nil, gatewright.FieldErrorf("clientCertificate", "client certificate and key are not a pair in PEM")
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

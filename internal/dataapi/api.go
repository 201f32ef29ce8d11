package dataapi

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/cache"
	"github.com/gatewright/gatewright/internal/dataapi/query"
	"github.com/gatewright/gatewright/internal/sqlsource"
)

// Mask stands for a text that the caller may not see.
const Mask = "***"

// Limits of answers.
const (
	FirstBytes  = 64 << 10 // of an answer that are read before it begins, so that an error has a status
	BufferBytes = 32 << 10 // written at once
)

// Source runs statements: a [sqlsource.Source].
type Source interface {
	Query(ctx context.Context, statement sqlsource.Statement) (*sqlsource.Rows, error)
}

// Options are what an API has beside its definition.
type Options struct {
	// Query is what the group adds.
	Query query.Options
	// API is whose answers PurgeAPI of the cache forgets; Source is the same for
	// PurgeSource.
	API    string
	Source string
	// Identity is what an answer depends on that neither the definition nor the
	// tables nor the request say: which database the source is, and since when.
	// When that changes, so must it.
	Identity string
	// Cache keeps answers; nil keeps none.
	Cache *cache.Cache
	// Timeout is for a statement, from waiting for a connection to the last row;
	// 0 is the source's own.
	Timeout time.Duration
	// MaxBytes is how many bytes of cells one result has at most; 0 is the
	// source's own limit.
	MaxBytes int64
	// Now is the clock; nil is the system's.
	Now func() time.Time
}

// API answers the calls of one revision of a data API in one group. It is
// immutable and safe for concurrent use.
type API struct {
	def     *gatewright.DataDefinition
	query   *query.Query
	source  Source
	options Options
	ttl     time.Duration

	identity [32]byte // of everything that is the same for all calls
}

// New prepares a definition for a group with those logical tables, and a source
// that speaks the dialect. The error is a [gatewright.Error] that says what is
// wrong with the definition or missing in the group.
func New(def *gatewright.DataDefinition, tables []gatewright.Table, dialect gatewright.Dialect, source Source, o Options) (*API, error) {
	q, err := query.New(def, tables, dialect, o.Query)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &API{def: def, query: q, source: source, options: o, ttl: def.CacheFor()}
	text, err := json.Marshal([]any{o.API, o.Source, o.Identity, dialect, o.Query.Schema, def, tables})
	if err != nil {
		return nil, fmt.Errorf("identify a data API: %w", err)
	}
	a.identity = sha256.Sum256(text)
	return a, nil
}

// Query returns what makes the API's statements.
func (a *API) Query() *query.Query { return a.query }

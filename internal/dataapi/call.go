package dataapi

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/dataapi/cache"
	"github.com/gatewright/gatewright/internal/dataapi/format"
	"github.com/gatewright/gatewright/internal/dataapi/query"
)

// MaxRequestIDBytes bounds a request's identifier, which answers repeat.
const MaxRequestIDBytes = 128

// Request is one call.
type Request struct {
	query.Call
	Format  format.Format // "" is that of the definition
	Options format.Options
	// DryRun returns the statement and asks no database. It shows physical
	// tables: whether the caller may see them is decided before.
	DryRun bool
	// NoCache has the database asked even if there is an answer, and keeps none.
	NoCache bool
	// RequestID is repeated in envelopes.
	RequestID string
}

// Call answers a request. The result must be closed. The error is a [*Failure].
func (a *API) Call(ctx context.Context, r *Request) (*Result, error) {
	result := &Result{api: a, began: a.options.Now(), request: r, Total: -1}
	if err := a.call(ctx, r, result); err != nil {
		return nil, failureIn(ctx, err)
	}
	return result, nil
}

// failureIn returns the failure that err is, in a context whose end may have any
// cause.
func failureIn(ctx context.Context, err error) *Failure {
	f := FailureOf(err)
	if f.Cause == CauseInternal && ctx.Err() != nil {
		return NewFailure(sourceCause(ctx.Err()), err)
	}
	return f
}

func (a *API) call(ctx context.Context, r *Request, result *Result) error {
	result.Format = r.Format
	if result.Format == "" {
		result.Format = a.defaultFormat()
	}
	if format.New(result.Format, r.Options) == nil {
		return tell(CauseMalformed, gatewright.FieldErrorf("format", "there is no format %q", result.Format))
	}
	if len(r.RequestID) > MaxRequestIDBytes {
		return tell(CauseLimit, gatewright.FieldErrorf("requestId", "the request's identifier has more than %d bytes", MaxRequestIDBytes))
	}
	plan, err := a.query.Plan(&r.Call)
	if err != nil {
		return err
	}
	result.plan = plan
	if r.DryRun {
		return result.dry()
	}
	if a.ttl <= 0 || r.NoCache || a.options.Cache == nil {
		return a.run(ctx, result, FirstBytes)
	}
	return a.cached(ctx, result)
}

func (a *API) defaultFormat() format.Format {
	if a.def.Format == gatewright.DataJSONCompact {
		return format.EnvelopeCompact
	}
	return format.Envelope
}

// run asks the database.
func (a *API) run(ctx context.Context, result *Result, keep int) error {
	answer, err := a.begin(ctx, result.plan, result.Format, result.request.Options, keep)
	if err != nil {
		return err
	}
	result.take(answer)
	return nil
}

// cached asks the cache, which asks the database if it must.
func (a *API) cached(ctx context.Context, result *Result) error {
	plan, f, options := result.plan, result.Format, result.request.Options
	key, err := a.key(result)
	if err != nil {
		return err
	}
	tag := cache.Tag{API: a.options.API, Source: a.options.Source}
	found, err := a.options.Cache.Do(ctx, key, tag, a.ttl, func(ctx context.Context) (cache.Answer, error) {
		return a.begin(ctx, plan, f, options, cache.DefaultAnswer)
	})
	if errors.Is(err, cache.ErrAlone) {
		return a.run(ctx, result, FirstBytes)
	}
	if err != nil {
		return err
	}
	result.Cached, result.Age = found.Hit, found.Age
	result.take(found.Answer)
	return nil
}

// key is the digest of everything the answer depends on.
func (a *API) key(result *Result) (cache.Key, error) {
	h := sha256.New()
	plan, r := result.plan, result.request
	h.Write(a.identity[:])
	addPart(h, string(result.Format))
	addPart(h, plan.SQL)
	grant := r.Grant.Key()
	h.Write(grant[:])
	total := uint64(0)
	if plan.Total != nil {
		total = 1
	}
	plain := uint64(0)
	if r.Options.PlainCells {
		plain = 1
	}
	for _, n := range []uint64{total, plain, uint64(plan.MaxRows), uint64(len(plan.Args))} {
		h.Write(binary.BigEndian.AppendUint64(nil, n))
	}
	args, err := bindArgs(plan.Args)
	if err != nil {
		return cache.Key{}, fmt.Errorf("name an answer: %w", err)
	}
	for _, arg := range args {
		h.Write([]byte{byte(arg.Kind)})
		addPart(h, arg.Text)
	}
	return cache.Key(h.Sum(nil)), nil
}

// addPart adds a text so that it cannot run into the next.
func addPart(h hash.Hash, text string) {
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
	h.Write([]byte(text))
}

package storetest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/control"
)

// oddNames are names that a careless statement, pattern or encoding breaks.
var oddNames = []string{
	"Swagger Petstore", "宠物商店", "O'Brien", `say "hi"`, "100%", "a_b", "a?b", "$1", "🐾", "ſtrange", "\u00c5", "A\u030a", "back\\slash", "; DROP TABLE apis; --", "<b>&amp;", "Z", "a", "z",
}

func (s *suite) id(prefix string) string {
	s.n++
	return gatewright.NewID(prefix, s.clock.Now())
}

func (s *suite) newAPI(tx control.Tx, name string) *gatewright.API {
	s.Helper()
	a := &gatewright.API{ID: gatewright.APIID(s.id("api_")), Name: name, Kind: gatewright.KindProxy, Owner: "ann", CreatedAt: tx.Now()}
	s.ok(tx.CreateAPI(a))
	return a
}

func (s *suite) newGroup(tx control.Tx, name string) *gatewright.Group {
	s.Helper()
	g := &gatewright.Group{ID: gatewright.GroupID(s.id("grp_")), Name: name, Stage: gatewright.StageTest, CreatedAt: tx.Now()}
	s.ok(tx.CreateGroup(g))
	return g
}

// draft returns a revision that is not stored.
func (s *suite) draft(api gatewright.APIID, label, path string) *gatewright.Revision {
	def := gatewright.Definition{
		Title: "Pets", BasePath: "/pets",
		Routes:   []gatewright.Route{{Name: "get", Methods: []string{"GET"}, Path: path}},
		Document: gatewright.Document{Format: "openapi-3.0", Name: "pets.yaml", Text: []byte("openapi: " + path), Digest: gatewright.HashBytes([]byte(path))},
	}
	return &gatewright.Revision{
		ID: gatewright.RevisionID(s.id("rev_")), API: api, Version: label, Track: "v1",
		Hash: def.ContentHash(), Definition: def, CreatedAt: s.clock.Now(), CreatedBy: "ann",
	}
}

func (s *suite) newRevision(tx control.Tx, api gatewright.APIID, label, path string) *gatewright.Revision {
	s.Helper()
	r := s.draft(api, label, path)
	s.ok(tx.CreateRevision(r))
	return r
}

func (s *suite) newChange(tx control.Tx, g *gatewright.Group, slots ...gatewright.SlotKey) *gatewright.Change {
	s.Helper()
	return s.newChangeOf(tx, g, slotItems(slots...))
}

func (s *suite) newChangeOf(tx control.Tx, g *gatewright.Group, items []gatewright.ChangeItem) *gatewright.Change {
	s.Helper()
	c := &gatewright.Change{
		ID: gatewright.ChangeID(s.id("chg_")), Group: g.ID, GroupName: g.Name, Kind: gatewright.ChangePublish,
		State: gatewright.ChangePreparing, Author: "ann", Client: "cli", CreatedAt: tx.Now(), Items: items,
	}
	s.ok(tx.CreateChange(c))
	return c
}

func (s *suite) newInstance(tx control.Tx, g *gatewright.Group, name string) *gatewright.Instance {
	s.Helper()
	i := &gatewright.Instance{ID: gatewright.InstanceID(s.id("ins_")), Group: g.ID, Name: name, JoinedAt: tx.Now(), LastSeen: tx.Now()}
	s.ok(tx.PutInstance(i))
	return i
}

func (s *suite) newToken(tx control.Tx, name string) *gatewright.Token {
	s.Helper()
	id := s.id("tok_")
	k := &gatewright.Token{ID: gatewright.TokenID(id), Kind: gatewright.TokenAdmin, Name: name, Hash: hash(id), CreatedAt: tx.Now(), CreatedBy: "ann"}
	s.ok(tx.CreateToken(k))
	return k
}

func hash(s string) gatewright.Hash { return gatewright.HashBytes([]byte(s)) }

// upsert is a delta that sets keys to hashes: key, content, key, content …
func upsert(pairs ...string) gatewright.Delta {
	d := gatewright.Delta{Upserts: map[gatewright.Key]gatewright.Hash{}}
	for i := 0; i < len(pairs); i += 2 {
		d.Upserts[gatewright.Key(pairs[i])] = hash(pairs[i+1])
	}
	return d
}

// applied returns entries with d applied.
func applied(entries map[gatewright.Key]gatewright.Hash, d gatewright.Delta) map[gatewright.Key]gatewright.Hash {
	out := map[gatewright.Key]gatewright.Hash{}
	for k, h := range entries {
		out[k] = h
	}
	for k, h := range d.Upserts {
		out[k] = h
	}
	for _, k := range d.Deletes {
		delete(out, k)
	}
	return out
}

// filler sets every field of a value to something that is not its zero, and
// never the same twice, so that a field that is not stored, or stored in the
// place of another, shows.
type filler struct{ n int }

func filled[T any](f *filler) *T {
	v := new(T)
	f.fill(reflect.ValueOf(v).Elem())
	return v
}

func (f *filler) fill(v reflect.Value) {
	f.n++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(1_700_000_000, int64(f.n)*1000).UTC()))
		return
	}
	if v.Type() == reflect.TypeFor[json.RawMessage]() {
		v.SetBytes(fmt.Appendf(nil, `{"n":%d}`, f.n))
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.n))
	case reflect.Float64:
		v.SetFloat(float64(f.n) + 0.25)
	case reflect.Uint8:
		v.SetUint(uint64(f.n % 256))
	case reflect.String:
		v.SetString("文'\"%" + strconv.Itoa(f.n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(v.Index(0))
		f.fill(v.Index(1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key)
			f.fill(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i))
		}
	default:
		panic(fmt.Sprintf("storetest: cannot fill a %s; teach filler", v.Type()))
	}
}

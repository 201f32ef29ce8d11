package agent

import (
	"cmp"
	"maps"
	"slices"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent/lastgood"
)

// running is what the runtime was given and what became of it.
type running struct {
	lastgood.State
	configured bool              // it was given something, be it nothing
	digest     gatewright.Digest // of Entries; "" until it was configured
	rejections map[gatewright.Key]gatewright.Rejection
}

// serves returns the hash that serves under a key, "" for nothing.
func (r *running) serves(key gatewright.Key) gatewright.Hash {
	if h, kept := r.Kept[key]; kept {
		return h
	}
	return r.wants(key)
}

// alteration is what a step does to keys: a hash to run, or "" to end.
type alteration map[gatewright.Key]gatewright.Hash

// alter returns the alteration that a delta is.
func alter(upserts map[gatewright.Key]gatewright.Hash, deletes []gatewright.Key) alteration {
	alt := make(alteration, len(upserts)+len(deletes))
	for _, k := range deletes {
		alt[k] = ""
	}
	maps.Copy(alt, upserts)
	return alt
}

// parts returns the keys to run and those to end.
func (alt alteration) parts() (upserts map[gatewright.Key]gatewright.Hash, deletes []gatewright.Key) {
	upserts = make(map[gatewright.Key]gatewright.Hash, len(alt))
	for k, h := range alt {
		if h == "" {
			deletes = append(deletes, k)
		} else {
			upserts[k] = h
		}
	}
	slices.Sort(deletes)
	return upserts, deletes
}

// after returns the digest that the manifest has once alt was carried out.
func (r *running) after(alt alteration) (gatewright.Digest, error) {
	gone, come := map[gatewright.Key]gatewright.Hash{}, map[gatewright.Key]gatewright.Hash{}
	for k, h := range alt {
		if before, had := r.Entries[k]; had {
			gone[k] = before
		}
		if h != "" {
			come[k] = h
		}
	}
	return r.digest.Alter(gone, come)
}

// on carries the alteration out on the entries of a manifest.
func (alt alteration) on(entries map[gatewright.Key]gatewright.Hash) {
	for k, h := range alt {
		if h == "" {
			delete(entries, k)
		} else {
			entries[k] = h
		}
	}
}

// toward returns what leads from what serves to entries, which have what runs
// instead in their places. What was rejected is part of it: it may work now.
func (r *running) toward(entries map[gatewright.Key]gatewright.Hash) alteration {
	alt := alteration{}
	for k, h := range entries {
		if _, rejected := r.rejections[k]; rejected || r.serves(k) != h {
			alt[k] = h
		}
	}
	for k := range over(r.Entries, r.Instead) {
		if _, stays := entries[k]; !stays {
			alt[k] = ""
		}
	}
	for k := range r.rejections {
		if _, wanted := entries[k]; !wanted {
			alt[k] = ""
		}
	}
	return alt
}

// rejected returns what to do again for what was rejected, other than under
// the keys of alt.
func (r *running) rejected(alt alteration) alteration {
	again := alteration{}
	for k := range r.rejections {
		if _, named := alt[k]; !named {
			again[k] = r.wants(k)
		}
	}
	return again
}

// settle takes down what became of an alteration. A rejected key goes on with
// what served under it. Entries are not touched: they say what is wanted.
func (r *running) settle(alt alteration, rejections []gatewright.Rejection) {
	serve := make([]gatewright.Hash, len(rejections))
	for i, rj := range rejections {
		serve[i] = r.serves(rj.Key)
	}
	for k := range alt {
		delete(r.Kept, k)
		delete(r.rejections, k)
	}
	for i, rj := range rejections {
		if r.Kept == nil {
			r.Kept = map[gatewright.Key]gatewright.Hash{}
		}
		if r.rejections == nil {
			r.rejections = map[gatewright.Key]gatewright.Rejection{}
		}
		r.Kept[rj.Key], r.rejections[rj.Key] = serve[i], rj
	}
}

// list returns the rejections by key, with the hashes that the control plane
// knows: what is made of the group's resource here counts as that.
func (r *running) list() []gatewright.Rejection {
	all := slices.Collect(maps.Values(r.rejections))
	for i, rj := range all {
		if group, named := r.Entries[rj.Key]; named && rj.Hash != "" && rj.Hash == r.Instead[rj.Key] {
			all[i].Hash = group
		}
	}
	slices.SortFunc(all, func(a, b gatewright.Rejection) int { return cmp.Compare(a.Key, b.Key) })
	return all
}

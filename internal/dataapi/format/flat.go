package format

import "encoding/binary"

// flat writes the little of FlatBuffers that Arrow's metadata needs: tables
// first and what they refer to behind them, as references only point forward.
type flat struct{ b []byte }

// slot is one field of a table; size 0 is one that is left out.
type slot struct {
	size  int // in bytes: 1, 2, 4 or 8
	value uint64
}

// reference is a field that refers to what is written later.
func reference() slot { return slot{size: 4} }

func (f *flat) pad(align, ahead int) {
	for (len(f.b)+ahead)%align != 0 {
		f.b = append(f.b, 0)
	}
}

// table writes a table and returns where it begins, and the places of its
// fields.
func (f *flat) table(slots ...slot) (at int, places []int) {
	places = make([]int, len(slots))
	end := 4 // behind the reference to the vtable
	for i, s := range slots {
		if s.size == 0 {
			continue
		}
		for end%s.size != 0 {
			end++
		}
		places[i] = end
		end += s.size
	}
	size := 4 + 2*len(slots)
	f.pad(8, size)
	vtable := len(f.b)
	f.b = binary.LittleEndian.AppendUint16(f.b, uint16(size)) //nolint:gosec // a few slots
	f.b = binary.LittleEndian.AppendUint16(f.b, uint16(end))  //nolint:gosec // a few slots
	for _, p := range places {
		f.b = binary.LittleEndian.AppendUint16(f.b, uint16(p)) //nolint:gosec // within the table
	}
	at = len(f.b)
	f.b = append(f.b, make([]byte, end)...)
	binary.LittleEndian.PutUint32(f.b[at:], uint32(at-vtable)) //nolint:gosec // a few slots
	for i, s := range slots {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], s.value)
		copy(f.b[at+places[i]:], word[:s.size])
		places[i] += at
	}
	return at, places
}

// refer makes the reference at place point to target.
func (f *flat) refer(place, target int) {
	binary.LittleEndian.PutUint32(f.b[place:], uint32(target-place)) //nolint:gosec // metadata is small
}

// references writes a vector of n references for the one at place, and returns
// the place of the first.
func (f *flat) references(place, n int) int {
	f.pad(4, 0)
	f.refer(place, len(f.b))
	f.b = binary.LittleEndian.AppendUint32(f.b, uint32(n)) //nolint:gosec // columns
	first := len(f.b)
	f.b = append(f.b, make([]byte, 4*n)...)
	return first
}

// pairs writes a vector of structures of two numbers for the reference at
// place.
func (f *flat) pairs(place int, list [][2]int64) {
	f.pad(8, 4)
	f.refer(place, len(f.b))
	f.b = binary.LittleEndian.AppendUint32(f.b, uint32(len(list))) //nolint:gosec // columns
	for _, p := range list {
		f.b = binary.LittleEndian.AppendUint64(f.b, uint64(p[0])) //nolint:gosec // lengths
		f.b = binary.LittleEndian.AppendUint64(f.b, uint64(p[1])) //nolint:gosec // lengths
	}
}

// text writes a text for the reference at place.
func (f *flat) text(place int, s string) {
	f.pad(4, 0)
	f.refer(place, len(f.b))
	f.b = binary.LittleEndian.AppendUint32(f.b, uint32(len(s))) //nolint:gosec // a name
	f.b = append(f.b, s...)
	f.b = append(f.b, 0)
}

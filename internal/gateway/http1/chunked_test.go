package http1

import (
	"bytes"
	"io"
	"net/http/httputil"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// decodeAll decodes coded in pieces of the given sizes, the last of which is
// used for all that remains.
func decodeAll(coded []byte, sizes []int) (data []byte, rest int, done bool, err error) {
	var d chunkDecoder
	for len(coded) > 0 {
		n := len(coded)
		if len(sizes) > 0 {
			n, sizes = min(n, sizes[0]), sizes[1:]
		}
		piece := bytes.Clone(coded[:n])
		k, consumed, err := d.decode(piece)
		data = append(data, piece[:k]...)
		if err != nil {
			return data, len(coded), false, err
		}
		if d.done() {
			return data, len(coded) - consumed, true, nil
		}
		coded = coded[n:]
	}
	return data, 0, d.done(), nil
}

func TestChunkedRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var coded, want []byte
		for _, chunk := range rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 300)).Draw(t, "chunks") {
			coded = appendChunk(coded, chunk)
			want = append(want, chunk...)
		}
		coded = append(coded, lastChunk...)
		rest := rapid.SliceOf(rapid.Byte()).Draw(t, "rest")
		sizes := rapid.SliceOf(rapid.IntRange(1, 50)).Draw(t, "sizes")
		got, left, done, err := decodeAll(append(coded, rest...), sizes)
		if err != nil || !done || !bytes.Equal(got, want) {
			t.Fatalf("decoded %d of %d bytes, done %v, %v", len(got), len(want), done, err)
		}
		if len(sizes) == 0 && left != len(rest) {
			t.Fatalf("%d bytes are left, want %d", left, len(rest))
		}
	})
}

func TestChunkInPlace(t *testing.T) {
	for _, n := range []int{0, 1, 15, 16, 4096} {
		for _, last := range []bool{false, true} {
			buf := make([]byte, chunkHeadroom+n+chunkTailroom)
			data := bytes.Repeat([]byte("x"), n)
			copy(buf[chunkHeadroom:], data)
			want := appendChunk(nil, data)
			if last {
				want = append(want, lastChunk...)
			}
			if got := chunkInPlace(buf, chunkHeadroom, chunkHeadroom+n, last); !bytes.Equal(got, want) {
				t.Errorf("%d bytes, last %v: %q", n, last, got)
			}
		}
	}
}

func TestChunkedLimits(t *testing.T) {
	for _, x := range []struct {
		name, coded string
		ok          bool
	}{
		{"extension", "1;" + strings.Repeat("a", maxChunkExtension) + "\r\nx\r\n" + lastChunk, true},
		{"extension exceeded", "1;" + strings.Repeat("a", maxChunkExtension+1) + "\r\nx\r\n" + lastChunk, false},
		{"all extensions exceeded", strings.Repeat("1;"+strings.Repeat("a", maxChunkExtension)+"\r\nx\r\n", maxExtensions/maxChunkExtension+1) + lastChunk, false},
		{"trailer", "0\r\na: " + strings.Repeat("b", maxTrailer-10) + "\r\n\r\n", true},
		{"trailer exceeded", "0\r\na: " + strings.Repeat("b", maxTrailer) + "\r\n\r\n", false},
		{"digits", "0000000000000001\r\nx\r\n" + lastChunk, true},
		{"digits exceeded", "00000000000000001\r\nx\r\n" + lastChunk, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, _, done, err := decodeAll([]byte(x.coded), nil)
			if done != x.ok || (err == nil) != x.ok {
				t.Errorf("done %v, %v", done, err)
			}
		})
	}
}

// FuzzChunked: what is accepted, net/http's decoder understands the same way,
// and it does not matter in which pieces it arrives.
func FuzzChunked(f *testing.F) {
	for _, s := range []string{lastChunk, "5\r\nhello\r\n" + lastChunk, "5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n", "5 \r\nhello\r\n", "5\nhello\n0\n\n", "fffffffffffffffff\r\n"} {
		f.Add([]byte(s), uint8(1))
	}
	f.Fuzz(func(t *testing.T, coded []byte, size uint8) {
		got, left, done, err := decodeAll(coded, nil)
		sizes := make([]int, len(coded))
		for i := range sizes {
			sizes[i] = int(size%7) + 1
		}
		got2, _, done2, err2 := decodeAll(coded, sizes)
		if done != done2 || (err == nil) != (err2 == nil) || err == nil && !bytes.Equal(got, got2) {
			t.Fatalf("whole: %q %v %v; in pieces: %q %v %v", got, done, err, got2, done2, err2)
		}
		if !done {
			return
		}
		theirs, err := io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(coded[:len(coded)-left])))
		if err != nil || !bytes.Equal(theirs, got) {
			t.Fatalf("we read %q, net/http reads %q, %v", got, theirs, err)
		}
	})
}

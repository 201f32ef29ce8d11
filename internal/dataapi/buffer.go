package dataapi

import "sync"

// maxKeptBuffer is how large a buffer may be that waits for the next answer, in
// bytes.
const maxKeptBuffer = 2 << 20

// buffers holds buffers between answers. What it has can be lost at any time,
// and nothing depends on it.
var buffers = sync.Pool{New: func() any { return &buffer{b: make([]byte, 0, BufferBytes+BufferBytes/4)} }}

// buffer is memory for the bytes of an answer on their way.
type buffer struct{ b []byte }

func takeBuffer() *buffer {
	b, _ := buffers.Get().(*buffer)
	b.b = b.b[:0]
	return b
}

func (b *buffer) give() {
	if cap(b.b) <= maxKeptBuffer {
		buffers.Put(b)
	}
}

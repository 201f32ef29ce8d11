package http1

import (
	"errors"
	"strconv"
)

// Limits of a chunked body.
const (
	maxChunkDigits    = 16       // hexadecimal digits of one chunk's size
	maxChunkSize      = 1 << 62  // bytes of one chunk
	maxChunkExtension = 256      // bytes of one chunk's extensions
	maxExtensions     = 16 << 10 // bytes of all extensions of a body
	maxTrailer        = 8 << 10  // bytes of the trailer section
)

// errChunked is the cause of every malformed chunked body.
var errChunked = errors.New("the chunked body is malformed")

type chunkState uint8

const (
	chunkSize chunkState = iota
	chunkExtension
	chunkSizeLF
	chunkData
	chunkDataCR
	chunkDataLF
	trailerLine // at the start of a line of the trailer section
	trailerName
	trailerValue
	trailerLF
	finalLF
	chunkedDone
)

// chunkDecoder takes chunked transfer coding off (RFC 9112 §7.1), strictly: a
// size is digits alone, every line ends with CRLF. Extensions are skipped.
// Trailers are checked and dropped: a field that comes after everything was
// decided cannot be checked against what was decided. The zero value is
// ready.
type chunkDecoder struct {
	state      chunkState
	digits     int
	left       int64 // of the size being read, then of the chunk
	extension  int   // bytes of this chunk's extensions
	extensions int   // bytes of all of them
	trailer    int   // bytes of the trailer section
}

// done reports whether the whole body was seen.
func (d *chunkDecoder) done() bool { return d.state == chunkedDone }

// decode takes the coding off b in place. b[:data] is then body, and
// b[consumed:] what follows the coded body's end; consumed is len(b) unless
// done.
func (d *chunkDecoder) decode(b []byte) (data, consumed int, err error) {
	for r := 0; r < len(b); {
		if d.state == chunkData {
			n := int(min(d.left, int64(len(b)-r)))
			if data != r {
				copy(b[data:], b[r:r+n])
			}
			data += n
			r += n
			if d.left -= int64(n); d.left == 0 {
				d.state = chunkDataCR
			}
			continue
		}
		if d.done() {
			return data, r, nil
		}
		if err := d.step(b[r]); err != nil {
			return data, r, err
		}
		r++
	}
	return data, len(b), nil
}

// step takes one byte that is not body.
func (d *chunkDecoder) step(c byte) error {
	switch d.state {
	case chunkSize:
		return d.sizeByte(c)
	case chunkExtension:
		if c == '\r' {
			d.state = chunkSizeLF
			return nil
		}
		d.extension++
		d.extensions++
		if byteClass[c]&classValue == 0 || d.extension > maxChunkExtension || d.extensions > maxExtensions {
			return errChunked
		}
		return nil
	case chunkSizeLF:
		d.digits, d.extension = 0, 0
		if d.left == 0 {
			return d.expect(c, '\n', trailerLine)
		}
		return d.expect(c, '\n', chunkData)
	case chunkDataCR:
		return d.expect(c, '\r', chunkDataLF)
	case chunkDataLF:
		return d.expect(c, '\n', chunkSize)
	}
	return d.trailerByte(c)
}

func (d *chunkDecoder) sizeByte(c byte) error {
	switch {
	case c >= '0' && c <= '9':
		c -= '0'
	case c >= 'a' && c <= 'f':
		c -= 'a' - 10
	case c >= 'A' && c <= 'F':
		c -= 'A' - 10
	case d.digits == 0:
		return errChunked
	case c == '\r':
		d.state = chunkSizeLF
		return nil
	case c == ';':
		d.state = chunkExtension
		return nil
	default:
		return errChunked
	}
	if d.digits++; d.digits > maxChunkDigits || d.left > maxChunkSize>>4 {
		return errChunked
	}
	d.left = d.left<<4 | int64(c)
	return nil
}

func (d *chunkDecoder) trailerByte(c byte) error {
	if d.trailer++; d.trailer > maxTrailer {
		return errChunked
	}
	switch d.state {
	case trailerLine:
		switch {
		case c == '\r':
			d.state = finalLF
		case byteClass[c]&classToken != 0:
			d.state = trailerName
		default:
			return errChunked
		}
	case trailerName:
		switch {
		case c == ':':
			d.state = trailerValue
		case byteClass[c]&classToken == 0:
			return errChunked
		}
	case trailerValue:
		switch {
		case c == '\r':
			d.state = trailerLF
		case byteClass[c]&classValue == 0:
			return errChunked
		}
	case trailerLF:
		return d.expect(c, '\n', trailerLine)
	case finalLF:
		return d.expect(c, '\n', chunkedDone)
	}
	return nil
}

func (d *chunkDecoder) expect(c, want byte, next chunkState) error {
	if c != want {
		return errChunked
	}
	d.state = next
	return nil
}

// lastChunk ends a chunked body.
const lastChunk = "0\r\n\r\n"

// Room that coding a chunk in place needs around its data.
const (
	chunkHeadroom = maxChunkDigits + 2
	chunkTailroom = 2 + len(lastChunk)
)

// appendChunk appends data as one chunk; nothing if data is empty, which would
// end the body.
func appendChunk(dst, data []byte) []byte {
	if len(data) == 0 {
		return dst
	}
	dst = strconv.AppendInt(dst, int64(len(data)), 16)
	dst = append(dst, "\r\n"...)
	dst = append(dst, data...)
	return append(dst, "\r\n"...)
}

// chunkInPlace returns buf[from:to] as one chunk without moving it, followed
// by the end of the body if last. buf has chunkHeadroom bytes before from and
// chunkTailroom after to.
func chunkInPlace(buf []byte, from, to int, last bool) []byte {
	end := to
	if to > from {
		var size [chunkHeadroom]byte
		line := append(strconv.AppendInt(size[:0], int64(to-from), 16), "\r\n"...)
		end += copy(buf[to:], "\r\n")
		from -= len(line)
		copy(buf[from:], line)
	}
	if last {
		end += copy(buf[end:], lastChunk)
	}
	return buf[from:end]
}

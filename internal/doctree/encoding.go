package doctree

import (
	"bytes"
	"unicode/utf8"
)

const (
	bomUTF8    = "\xef\xbb\xbf"
	bomUTF16BE = "\xfe\xff"
	bomUTF16LE = "\xff\xfe"
)

// checkEncoding returns text without its byte order mark, and false after
// reporting when text is not UTF-8 or holds characters that no text has.
func checkEncoding(report *Report, text []byte) ([]byte, bool) {
	start := Place{Line: 1, Column: 1}
	if isUTF16(text) {
		report.Errorf(start, "the file is UTF-16 or UTF-32; save it as UTF-8")
		return nil, false
	}
	text = bytes.TrimPrefix(text, []byte(bomUTF8))
	if len(bytes.TrimSpace(text)) == 0 {
		report.Errorf(start, "the file is empty; there is no document in it")
		return nil, false
	}
	at := start
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '\n':
			at.Line++
			at.Column = 0
		case c < 0x20 && c != '\t' && c != '\r':
			report.Errorf(at, "control character %U; remove it, or write it as an escape within quotes", c)
			return nil, false
		}
		size := 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRune(text[i:]); r == utf8.RuneError && size == 1 {
				report.Errorf(at, "byte 0x%02X is not UTF-8; save the file as UTF-8", c)
				return nil, false
			}
		}
		at.Column++
		i += size
	}
	return text, true
}

// isUTF16 recognises UTF-16 and UTF-32 by their mark or by the NUL that every
// ASCII character has in them. A document begins with an ASCII character.
func isUTF16(text []byte) bool {
	if bytes.HasPrefix(text, []byte(bomUTF16BE)) || bytes.HasPrefix(text, []byte(bomUTF16LE)) {
		return true
	}
	return len(text) >= 2 && (text[0] == 0) != (text[1] == 0) || bytes.HasPrefix(text, []byte{0, 0, 0xfe, 0xff})
}

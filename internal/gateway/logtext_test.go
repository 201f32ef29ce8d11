package gateway

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestAppendText(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", `/pets/{id}?`, `"/pets/{id}?"`},
		{"empty", "", `""`},
		{"quote and backslash", `a"b\c`, `"a\"b\\c"`},
		{"line feed cannot begin a line", "a\r\n{\"forged\":1}", `"a\u000d\u000a{\"forged\":1}"`},
		{"terminal escape", "\x1b[2Jx", `"\u001b[2Jx"`},
		{"C1 control", "\u009b2J", `"\u009b2J"`},
		{"DEL and NUL", "\x7f\x00", `"\u007f\u0000"`},
		{"line separators", "\u2028\u2029", `"\u2028\u2029"`},
		{"direction marks", "\u202etxt.exe", `"\u202etxt.exe"`},
		{"byte order mark", "\ufeff", `"\ufeff"`},
		{"unprintable beyond 16 bits", "\U000e0041", `"\udb40\udc41"`},
		{"other scripts", "数据 äö 🐈", `"数据 äö 🐈"`},
		{"invalid UTF-8", "a\xffb\xc3", `"a\ufffdb\ufffd"`},
		{"overlong UTF-8", "\xc0\xaf", `"\ufffd\ufffd"`},
		{"surrogate as UTF-8", "\xed\xa0\x80", `"\ufffd\ufffd\ufffd"`},
		{"too long", strings.Repeat("x", 40), `"` + strings.Repeat("x", 32) + `…"`},
		{"too long in mid character", strings.Repeat("x", 31) + "数据", `"` + strings.Repeat("x", 31) + `…"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := string(appendText(nil, tt.in, 32))
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if !json.Valid([]byte(got)) {
				t.Errorf("%s is not JSON", got)
			}
		})
	}
}

func FuzzAppendText(f *testing.F) {
	for _, s := range []string{"", "a\r\nb", "\x1b]0;x\x07", "\xff\xfe", "\u2028", "🐈\U000e0041", `"\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := appendText(nil, s, 1<<20)
		var back string
		if err := json.Unmarshal(got, &back); err != nil {
			t.Fatalf("%q is not JSON: %v", got, err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); utf8.ValidString(s) && back != want {
			t.Fatalf("%q became %q", s, back)
		}
		for _, c := range got {
			if c < ' ' || c == 0x7f {
				t.Fatalf("%q has a control character", got)
			}
		}
	})
}

func TestAppendMillis(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.000", time.Microsecond: "0.001", 42500 * time.Microsecond: "42.500", time.Hour: "3600000.000",
		999 * time.Nanosecond: "0.000", -time.Second: "0.000", 1099 * time.Microsecond: "1.099",
	} {
		if got := string(appendMillis(nil, d)); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

func TestAppendTime(t *testing.T) {
	for _, at := range []time.Time{
		time.Date(2026, 11, 21, 9, 30, 0, 0, time.UTC),
		time.Date(2026, 1, 2, 23, 59, 59, 999_999_999, time.FixedZone("", 5*3600)),
		time.Date(999, 12, 31, 0, 0, 1, 1000, time.UTC),
		{},
	} {
		want := at.UTC().Format(`"2006-01-02T15:04:05.000000Z"`)
		if got := string(appendTime(nil, at)); got != want {
			t.Errorf("%v: %s, want %s", at, got, want)
		}
	}
}

func TestRevisionField(t *testing.T) {
	tests := []struct {
		name    string
		number  int
		version string
		want    string
	}{
		{"no version", 3, "", "3"},
		{"version", 3, "1.0.1", `3;version="1.0.1"`},
		{"quote and backslash", 1, `a"b\c`, `1;version="a\"b\\c"`},
		{"not ASCII", 12, "版本1", `12;version=%"%e7%89%88%e6%9c%ac1"`},
		{"not ASCII with percent and quote", 2, `ü%"`, `2;version=%"%c3%bc%25%22"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := revisionField(tt.number, tt.version); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

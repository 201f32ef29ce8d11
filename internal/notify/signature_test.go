package notify_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/notify"
)

// The vectors were computed with openssl.
const (
	vectorBody   = `{"event":"change.live"}`
	vectorSecret = "whsec-example"
	vectorHeader = "t=1790000000,v1=3f9514d605df7d7a86d21b4eac9ef0a6194d9071e19d15996abacfa3cb485b0f"
)

func TestSign(t *testing.T) {
	if got := notify.Sign(vectorSecret, time.Unix(1790000000, 999), []byte(vectorBody)); got != vectorHeader {
		t.Fatalf("got  %s\nwant %s", got, vectorHeader)
	}
}

func TestChatSignatures(t *testing.T) {
	at := time.UnixMilli(1790000000123)
	timestamp, sign := notify.LarkSign("lark-secret", at)
	if timestamp != "1790000000" || sign != "wDJz5kN+o3eNbWl2qxmVtH/27mUR8gjRQurxID+fIBk=" {
		t.Errorf("Lark: %s %s", timestamp, sign)
	}
	signed, err := notify.DingSign("https://oapi.example.com/robot/send?access_token=abc", "ding-secret", at)
	if err != nil {
		t.Fatal(err)
	}
	want := "https://oapi.example.com/robot/send?access_token=abc&sign=" +
		url.QueryEscape("1VE/vqNDPOa1A1411INY3QITX6woXw6SYHmmiclSxNM=") + "&timestamp=1790000000123"
	if signed != want {
		t.Errorf("DingTalk:\n%s, want\n%s", signed, want)
	}
}

func TestVerify(t *testing.T) {
	_, v1, _ := strings.Cut(vectorHeader, ",")
	tests := []struct {
		name   string
		header string
		secret string
		body   string
		late   time.Duration
		ok     bool
	}{
		{"valid", vectorHeader, vectorSecret, vectorBody, 0, true},
		{"as late as allowed", vectorHeader, vectorSecret, vectorBody, notify.DefaultTolerance, true},
		{"as early as allowed", vectorHeader, vectorSecret, vectorBody, -notify.DefaultTolerance, true},
		{"played back", vectorHeader, vectorSecret, vectorBody, notify.DefaultTolerance + 1, false},
		{"from the future", vectorHeader, vectorSecret, vectorBody, -notify.DefaultTolerance - time.Second, false},
		{"another body", vectorHeader, vectorSecret, vectorBody + " ", 0, false},
		{"another secret", vectorHeader, "other", vectorBody, 0, false},
		{"no secret", vectorHeader, "", vectorBody, 0, false},
		{"another time", "t=1790000001," + v1, vectorSecret, vectorBody, 0, false},
		{"the time written differently", "t=+1790000000," + v1, vectorSecret, vectorBody, 0, false},
		{"old secret and new", "t=1790000000,v1=00," + v1, vectorSecret, vectorBody, 0, true},
		{"the right one first", vectorHeader + ",v1=00", vectorSecret, vectorBody, 0, true},
		{"a newer kind beside it", vectorHeader + ",v2=abc", vectorSecret, vectorBody, 0, true},
		{"only a newer kind", "t=1790000000,v2=abc", vectorSecret, vectorBody, 0, false},
		{"spaces", strings.ReplaceAll(vectorHeader, ",", ", "), vectorSecret, vectorBody, 0, true},
		{"two times", "t=1790000000," + vectorHeader, vectorSecret, vectorBody, 0, false},
		{"no time", v1, vectorSecret, vectorBody, 0, false},
		{"no hexadecimal", "t=1790000000,v1=zz", vectorSecret, vectorBody, 0, false},
		{"cut", vectorHeader[:len(vectorHeader)-2], vectorSecret, vectorBody, 0, false},
		{"empty signature", "t=1790000000,v1=", vectorSecret, vectorBody, 0, false},
		{"too many", "t=1790000000" + strings.Repeat(",v1=00", 10) + "," + v1, vectorSecret, vectorBody, 0, false},
		{"empty", "", vectorSecret, vectorBody, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now := time.Unix(1790000000, 0).Add(tt.late)
			err := notify.Verify(tt.secret, tt.header, []byte(tt.body), now, notify.DefaultTolerance)
			if (err == nil) != tt.ok {
				t.Fatalf("error %v, want ok %v", err, tt.ok)
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(vectorHeader)
	f.Add("t=1,v1=,v1=")
	f.Fuzz(func(t *testing.T, header string) {
		err := notify.Verify("another secret", header, []byte(vectorBody), time.Unix(1790000000, 0), notify.DefaultTolerance)
		if err == nil {
			t.Fatalf("%q passes", header)
		}
	})
}

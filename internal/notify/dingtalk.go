package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"time"
)

// Codes of DingTalk after which a message may be sent again, and how long a
// robot that sent too often is left alone.
const (
	dingBusy        = -1
	dingTooFast     = 130101
	dingTooFastToo  = 302033
	dingTooFastWait = time.Minute
)

// dingMessage is a message of a custom robot of DingTalk. Of its types this is
// the one that shows text as it is.
type dingMessage struct {
	Type string `json:"msgtype"`
	Text struct {
		Content string `json:"content"`
	} `json:"text"`
}

func (c *Courier) sendDingTalk(ctx context.Context, a *attempt) error {
	m := dingMessage{Type: "text"}
	m.Text.Content = plainText(a)
	body, err := encode(m)
	if err != nil {
		return err
	}
	target := a.Receiver.URL
	if a.secret != "" {
		if target, err = dingSign(target, a.secret, a.now); err != nil {
			return err
		}
	}
	got, err := c.poster.post(ctx, target, a, body)
	if err != nil {
		return err
	}
	return judgeReply(got, a, dingReply, func(code int) *Failure {
		switch code {
		case dingBusy:
			return &Failure{}
		case dingTooFast, dingTooFastToo:
			return &Failure{After: dingTooFastWait}
		}
		return nil
	})
}

// plainText returns the words with the link, for where there is nothing but
// text.
func plainText(a *attempt) string {
	text := a.words.Title + "\n\n" + a.words.Text
	if link := a.Notification.Link; link != "" {
		text += "\n\n" + link
	}
	return text
}

// dingSign returns the URL with the time and its signature in the query, as
// DingTalk wants them: milliseconds, and what is signed ends with the secret
// that is the key too.
func dingSign(rawURL, secret string, at time.Time) (string, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", finally("the receiver's URL cannot be used; set it again")
	}
	timestamp := strconv.FormatInt(at.UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "\n" + secret)) // a hash takes everything
	q := u.Query()
	q.Set("timestamp", timestamp)
	q.Set("sign", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// dingReply finds the code in an answer of DingTalk.
func dingReply(body []byte) (reply, bool) {
	var r struct {
		Code *int   `json:"errcode"`
		Text string `json:"errmsg"`
	}
	if json.Unmarshal(body, &r) != nil || r.Code == nil {
		return reply{}, false
	}
	return reply{*r.Code, r.Text}, true
}

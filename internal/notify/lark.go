package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"
)

// larkRateLimited is Lark's code for a robot that sends too often, and
// larkPause how long it is then left alone.
const (
	larkRateLimited = 11232
	larkPause       = time.Minute
)

// larkMessage is a message of a custom bot of Lark or Feishu.
type larkMessage struct {
	Timestamp string `json:"timestamp,omitempty"` // Unix seconds, when signed
	Sign      string `json:"sign,omitempty"`
	Type      string `json:"msg_type"`
	Content   struct {
		Post map[string]larkPost `json:"post"` // by language
	} `json:"content"`
}

// larkPost is a text with a title; its lines consist of parts.
type larkPost struct {
	Title   string       `json:"title"`
	Content [][]larkPart `json:"content"`
}

// larkPart is text, or with a target a link. Text is shown as it is.
type larkPart struct {
	Tag  string `json:"tag"` // "text" or "a"
	Text string `json:"text"`
	Href string `json:"href,omitempty"`
}

func (c *Courier) sendLark(ctx context.Context, a *attempt) error {
	m := larkMessage{Type: "post"}
	if a.secret != "" {
		m.Timestamp, m.Sign = larkSign(a.secret, a.now)
	}
	post := larkPost{Title: a.words.Title, Content: [][]larkPart{{{Tag: "text", Text: a.words.Text}}}}
	if link := a.Notification.Link; link != "" {
		post.Content = append(post.Content, []larkPart{{Tag: "a", Text: link, Href: link}})
	}
	language := "en_us"
	if a.Language == "zh" {
		language = "zh_cn"
	}
	m.Content.Post = map[string]larkPost{language: post}
	body, err := encode(m)
	if err != nil {
		return err
	}
	got, err := c.poster.post(ctx, a.Receiver.URL, a, body)
	if err != nil {
		return err
	}
	return judgeReply(got, a, larkReply, func(code int) *Failure {
		if code == larkRateLimited {
			return &Failure{After: larkPause}
		}
		return nil
	})
}

// larkSign returns the time and its signature as Lark wants them: the key is
// the time and the secret, and nothing is signed by it.
func larkSign(secret string, at time.Time) (timestamp, sign string) {
	timestamp = strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(timestamp+"\n"+secret))
	return timestamp, base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// larkReply finds the code in an answer of Lark, whose older servers name it
// differently.
func larkReply(body []byte) (reply, bool) {
	var r struct {
		Code       *int
		Msg        string
		StatusCode *int
	}
	switch {
	case json.Unmarshal(body, &r) != nil:
	case r.Code != nil:
		return reply{*r.Code, r.Msg}, true
	case r.StatusCode != nil:
		return reply{*r.StatusCode, r.Msg}, true
	}
	return reply{}, false
}

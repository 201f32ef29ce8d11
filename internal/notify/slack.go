package notify

import (
	"context"
	"strings"
)

// slackText is a text object of Slack.
type slackText struct {
	Type  string `json:"type"` // "plain_text", or "mrkdwn" with Slack's own markup
	Text  string `json:"text"`
	Emoji *bool  `json:"emoji,omitempty"` // of plain text: whether :name: becomes a picture
}

// slackBlock is a layout block of Slack.
type slackBlock struct {
	Type string    `json:"type"`
	Text slackText `json:"text"`
}

// sendSlack sends the words as plain text: nobody's words can mention a channel
// or pass for a link.
func (c *Courier) sendSlack(ctx context.Context, a *attempt) error {
	plain := func(s string) slackText { return slackText{Type: "plain_text", Text: s, Emoji: new(bool)} }
	blocks := []slackBlock{{"header", plain(a.words.Title)}, {"section", plain(a.words.Text)}}
	if link := a.Notification.Link; link != "" {
		link = strings.ReplaceAll(slackEscape(link), "|", "%7C")
		blocks = append(blocks, slackBlock{"section", slackText{Type: "mrkdwn", Text: "<" + link + ">"}})
	}
	body, err := encode(struct {
		Text   string       `json:"text"` // for notifications, and where blocks are not known
		Blocks []slackBlock `json:"blocks"`
	}{slackEscape(a.words.Title), blocks})
	if err != nil {
		return err
	}
	got, err := c.poster.post(ctx, a.Receiver.URL, a, body)
	if err != nil {
		return err
	}
	if err := judge(got.status, got.header, a.now); err != nil {
		return a.describe(err, string(got.body)) // a word such as no_service
	}
	return nil
}

// slackEscape makes text that Slack shows as it is.
func slackEscape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

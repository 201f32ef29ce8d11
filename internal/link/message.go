package link

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/gatewright/gatewright"
)

// MaxMessageBytes bounds one line of a stream. It has room for a manifest of
// 100,000 entries.
const MaxMessageBytes = 32 << 20

// MessageType says what a [Message] means.
type MessageType string

// The messages of a stream, with the members they use.
const (
	// MessageManifest is everything the group runs: Group, Generation,
	// Entries; Notice when there is something to say about it.
	MessageManifest MessageType = "manifest"
	// MessageDelta leads from one generation to another: From, Generation,
	// Upserts, Deletes, Digest that the result must have.
	MessageDelta MessageType = "delta"
	// MessagePrepare asks to build a change beside what runs and to report
	// whether that works: Change, Generation it builds on, Upserts, Deletes. A
	// second one for the same change replaces the first.
	MessagePrepare MessageType = "prepare"
	// MessageDiscard says that a change will not be activated any more, or
	// was: Change.
	MessageDiscard MessageType = "discard"
	// MessageCurrent follows once, when all that was to say to a new stream
	// has been said: Generation, Digest of its manifest.
	MessageCurrent MessageType = "current"
	// MessagePing shows that the stream is alive: Generation the group wants.
	MessagePing MessageType = "ping"
	// MessageAsk puts a question, which is answered by a request to AnswerPath:
	// Question. It may come again on another stream, and only to gateways that
	// said they can answer its kind.
	MessageAsk MessageType = "ask"
	// MessageWithdraw says that nobody waits for an answer any more: Question,
	// of which the ID counts.
	MessageWithdraw MessageType = "withdraw"
	// MessageBye is the last one: Notice says why the stream ends.
	MessageBye MessageType = "bye"
)

// known tells the types this build understands.
func (t MessageType) known() bool {
	switch t {
	case MessageManifest, MessageDelta, MessagePrepare, MessageDiscard, MessageCurrent, MessagePing, MessageAsk, MessageWithdraw, MessageBye:
		return true
	}
	return false
}

// Message is one line of a stream.
type Message struct {
	Type       MessageType                        `json:"type"`
	Optional   bool                               `json:"optional,omitempty"` // whoever does not know the type may ignore it
	Group      gatewright.GroupID                 `json:"group,omitempty"`
	From       int64                              `json:"from,omitempty"`
	Generation int64                              `json:"generation"`
	Digest     gatewright.Digest                  `json:"digest,omitempty"`
	Change     gatewright.ChangeID                `json:"change,omitempty"`
	Entries    map[gatewright.Key]gatewright.Hash `json:"entries,omitempty"`
	Upserts    map[gatewright.Key]gatewright.Hash `json:"upserts,omitempty"`
	Deletes    []gatewright.Key                   `json:"deletes,omitempty"`
	Question   *Question                          `json:"question,omitempty"`
	Notice     string                             `json:"notice,omitempty"`
}

// Encode returns the message as one line, its end included. It fails with
// [gatewright.LimitExceeded] when the line is longer than [MaxMessageBytes].
func (m *Message) Encode() ([]byte, error) {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(m); err != nil {
		return nil, fmt.Errorf("encode %s message: %w", m.Type, err)
	}
	if b.Len() > MaxMessageBytes {
		return nil, gatewright.Errorf(gatewright.LimitExceeded, "a %s message has %d bytes; at most %d are allowed", m.Type, b.Len(), MaxMessageBytes)
	}
	return b.Bytes(), nil
}

// DecodeMessage decodes one line. A type this build does not know is an error
// unless the sender marked it optional: then the message is nil.
func DecodeMessage(line []byte) (*Message, error) {
	m := new(Message)
	if err := json.Unmarshal(line, m); err != nil {
		return nil, fmt.Errorf("decode message: %w", err)
	}
	if m.Type.known() {
		return m, m.check()
	}
	if m.Optional {
		return nil, nil
	}
	return nil, gatewright.Errorf(gatewright.PreconditionFailed, "the control plane sent a %q message, which this gateway does not know and must not ignore; run the gateway in the control plane's version", m.Type)
}

// check refuses what could not be acted on: hashes that cannot be stored or
// fetched, and questions without a name.
func (m *Message) check() error {
	if (m.Type == MessageAsk || m.Type == MessageWithdraw) && (m.Question == nil || m.Question.ID == "") {
		return gatewright.Errorf(gatewright.Invalid, "%s message: it has no question", m.Type)
	}
	for _, entries := range []map[gatewright.Key]gatewright.Hash{m.Entries, m.Upserts} {
		for k, h := range entries {
			if !h.Valid() {
				return gatewright.Errorf(gatewright.Invalid, "%s message: key %q has the unusable hash %q", m.Type, k, h)
			}
		}
	}
	return nil
}

package link

import (
	"github.com/gatewright/gatewright"
)

// Question is a question to one gateway. What is asked and what is answered is
// sealed: on the way, and where it rests.
type Question struct {
	ID      gatewright.QuestionID   `json:"id"`
	Kind    gatewright.QuestionKind `json:"kind,omitempty"`
	Body    []byte                  `json:"body,omitempty"`    // sealed to the gateway, see gatewright.QuestionID
	ReplyTo []byte                  `json:"replyTo,omitempty"` // public key to seal the answer to
	Timeout gatewright.Duration     `json:"timeout,omitempty"` // after which nobody waits for the answer
}

// Answer is what a gateway answers to a question.
type Answer struct {
	Instance   gatewright.InstanceID `json:"instance"`
	SessionKey string                `json:"sessionKey"`
	Question   gatewright.QuestionID `json:"question"`
	Body       []byte                `json:"body"` // a sealed gatewright.Reply
}

// SealedSecret is the answer to a request below [SecretPath].
type SealedSecret struct {
	ID     gatewright.SecretID `json:"id"`
	Sealed []byte              `json:"sealed"` // to the gateway that asks
}

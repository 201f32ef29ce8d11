package wire

// Names of the events of the stream. The data of each is JSON.
const (
	EventChange   = "change"   // gatewright.Change: submitted or moved on
	EventInstance = "instance" // gatewright.Instance: joined, reported something new, or left
	EventGroup    = "group"    // gatewright.Group: created or altered
	EventEnd      = "end"      // StreamEnd: the last event of a stream the server ends
)

// StreamEnd says why the server ended a stream.
type StreamEnd struct {
	Reason string `json:"reason" enum:"behind,shutdown,rights" doc:"behind: the reader was too slow and events were lost. shutdown: the control plane stops. rights: the reader may not listen any more."`
}

// Reasons of a [StreamEnd].
const (
	EndBehind   = "behind"
	EndShutdown = "shutdown"
	EndRights   = "rights"
)

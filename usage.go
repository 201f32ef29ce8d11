package gatewright

import "time"

// UsageBucket is the time calls are counted by.
const UsageBucket = time.Hour

// Usage counts the calls of one kind within one bucket of time: what was
// called, by whom, and how it went.
type Usage struct {
	Bucket   time.Time `json:"bucket"` // beginning, a multiple of UsageBucket
	Group    GroupID   `json:"group"`
	API      APIID     `json:"api"`
	Track    string    `json:"track"`
	Revision int       `json:"revision"`
	Version  string    `json:"version,omitempty"`
	Route    string    `json:"route,omitempty"` // name; "" when none of the slot's routes matched
	App      AppID     `json:"app,omitempty"`   // "" for callers without a key
	Calls    int64     `json:"calls"`
	Errors   int64     `json:"errors"`  // of them, answered with a status from 500 on
	Refused  int64     `json:"refused"` // of them, answered with a status from 400 to 499
	LastCall time.Time `json:"lastCall"`
}

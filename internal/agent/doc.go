// Package agent is the gateway's side of the link: it joins the group, follows
// what the group wants, has the runtime prepare and activate it, keeps what
// last ran on disk and reports what came of it.
//
// One goroutine, the session's, changes what runs, one message after the
// other; a second reads the stream, a third reports. What is reported as
// running was first taken into service and then saved, in this order. Whatever
// happens to the control plane, the link or the disk, the runtime goes on
// serving what it has.
//
// The agent decides nothing about content: whether something can run the
// [Runtime] says, and whether a change goes on the control plane.
package agent

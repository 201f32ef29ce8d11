// Package wording puts notifications into words: a title and a text for each
// event in each language, which an organisation may replace by its own.
//
// Templates are data. They choose among facts and place them; they call no
// function, repeat nothing and cannot make the program work longer or write
// more than a bound that is known before. Check says whether a template keeps
// to that.
//
// The package does no input or output, so that the control plane can check a
// template when it is saved.
package wording

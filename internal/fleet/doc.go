// Package fleet is the control plane's side of the link: it admits gateways,
// tells each on its stream what its group runs and prepares, serves blobs and
// hands reports to the control plane.
//
// It decides nothing. What a group wants is read from [Control], as a whole
// and once per group however many gateways listen; a stream sends what leads
// from what it sent before to that. What it keeps in memory (open streams, who
// was heard when) may be lost at any time: gateways connect again and say
// where they stand.
package fleet

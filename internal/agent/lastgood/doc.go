// Package lastgood keeps on disk what a gateway last ran, so that it starts
// and serves without its control plane.
//
// A data directory holds a journal and a file per resource:
//
//	lock                 held while a process uses the directory
//	identity.json        who the gateway is (see Identity)
//	journal              what ran, one record a line, a checksum in each
//	instance-key.json    the gateway's private key
//	secrets/<id>         secrets as they were sealed to it
//	blobs/<aa>/<hash>    resources, named by the hash of their content
//
// The journal begins with a whole manifest; each further line leads on from
// the line before. Blobs are on the disk before the line that names them, and
// a line is on the disk before [Store.Save] returns. A process that is killed
// while it writes leaves an unfinished last line, which is cut off: what it
// would have said was never reported to anybody. Everything else that is not
// as it was written is [Damage], and then nothing of it is used: half a
// configuration must not serve.
//
// The package knows hashes and bytes; what a resource means it does not know.
package lastgood

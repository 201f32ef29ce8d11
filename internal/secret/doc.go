// Package secret seals what the control plane must keep and be able to read
// again: addresses that hold tokens, keys to sign with. What is sealed can be
// stored, backed up and copied without giving anything away.
//
// The keys are in a file beside the database, one in each line, 64 hexadecimal
// digits; lines that begin with # say nothing. The last one seals, all of them
// open. So a key is replaced by adding a line:
//
//	openssl rand -hex 32 >> secret-keys
//
// and the earlier lines may go once everything was sealed anew. Who has a
// backup of the database needs the file as well, kept elsewhere.
//
// A [KeyPair] is for what one process alone shall read: anybody can seal to its
// public key.
//
// The package knows nothing of what it seals, and writes nothing but a key file
// that is missing.
package secret

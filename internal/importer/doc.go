// Package importer turns files into definitions of APIs: it finds out what a
// file is and has the package of that format read it.
//
// It opens no file and fetches nothing: everything it uses is in the text it
// is given. The same text always gives the same result.
package importer

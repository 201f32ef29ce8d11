// Package auditfile writes the audit log as files and checks such a file
// again, away from the control plane that wrote it. Both go entry by entry, so
// that the length of the log does not matter.
//
// A JSON file is one object, its entries oldest first:
//
//	{
//	  "format": "gatewright-audit-1",
//	  "complete": true,
//	  "anchor": {"id": 0, "hash": ""},
//	  "entries": [{"id": 1, …}, …],
//	  "head": {"id": 120, "hash": "sha256:…"}
//	}
//
// complete says that nothing was left out, anchor is the last entry that
// retention had deleted, head the newest entry of the log. The hashes can be
// checked again. A CSV file is for spreadsheets; what a spreadsheet would take
// for a formula has an apostrophe in front, so its hashes cannot be checked.
//
// The package knows no database and no network. How entries are hashed, and
// what makes a chain, is in the root package.
package auditfile

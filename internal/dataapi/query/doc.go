// Package query turns a call of a data API into the one statement that may
// answer it: the parameters read, the SQL written by the wizard, rendered from
// the author's script or taken from the caller, passed through the gate with
// the rows and fields that the caller's grant leaves, and the plan of the
// result's columns.
//
// What a caller may see is decided here and nowhere else:
//
//   - Rows: the conditions of a grant become part of each logical table, so that
//     no clause of any statement reaches a row outside of them.
//   - Columns that a grant does not list are left out of the answer. In the
//     caller's own SQL they are fields that do not exist.
//   - Columns above the caller's clearance stay in the answer and are masked:
//     "***" where texts are declared, null elsewhere. The wizard does not select
//     them, nor sort by them. In the caller's own SQL such fields do not exist. A
//     column of a script that is computed and has no level of its own has the
//     highest level of the fields that the statement reads.
//   - A parameter whose field is above the clearance must not be sent: who can
//     filter by a value can find it out.
//
// The package talks to no database and keeps nothing but statements that were
// checked before.
package query

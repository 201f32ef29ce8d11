// Package gate decides whether a statement of SQL may reach a database.
//
// It is given the logical tables that a statement may read and refuses
// whatever is not one query over them. What it lets through it writes anew:
// the database never sees the caller's text, only what this package printed
// from the tree that it understood. In that text
//
//   - each table is a sub-select over the fully qualified physical table, which
//     holds the allowed fields under their logical names and the rows that the
//     caller may see, so that no name outside of it can be reached by any clause;
//   - each identifier is quoted, each literal is written in the one form that no
//     setting of a session reads otherwise, and comments are gone;
//   - common table expressions have names of our own, so that none can be
//     mistaken for a table;
//   - the number of rows is limited.
//
// The grammar is the allow list: what the parser has no rule for, it refuses.
// Functions, types and operators come from lists for each dialect. Four
// dialects share one parser, one resolver of names and one printer; their
// differences are data in a dialect.
//
// The parser does not build precedence. Tokens leave in the order in which they
// came, so the database's own precedence decides, and no disagreement about it
// can arise.
//
// The package imports the standard library and the root package. It must not
// talk to a database, keep state between statements, or know of callers,
// grants and requests. It is one layer of several: a read-only account, a
// read-only session, a time limit and a bounded reader stand behind it.
package gate

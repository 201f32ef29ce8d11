// Package format writes rows as callers want them: in the data service's
// envelope with objects or arrays, as plain JSON, as lines of JSON, as CSV, as
// an Arrow stream.
//
// Cells come as typed bytes and leave as bytes, appended to a buffer of the
// caller's: no value per cell, and nothing is allocated for one. All formats
// say the same of a cell:
//
//   - numbers have every digit that the database has; none goes through a
//     float. NaN and the infinities are the texts "NaN", "Infinity" and
//     "-Infinity" in JSON, where they are no numbers.
//   - dates and times are as in package sqlsource: RFC 3339, without an offset
//     where no zone is known.
//   - binary values are base64 with padding, but bytes in Arrow.
//   - JSON values and arrays are JSON within JSON, and JSON as text in CSV and
//     Arrow.
//   - null is null; in CSV nothing at all, while the empty text is "".
//   - two columns never have one name: the second "id" is "id_2"; a column
//     without a name is "column_3" by its place.
//
// The package reads nothing from a database and knows no HTTP.
package format

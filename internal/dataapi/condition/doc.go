// Package condition makes the WHERE clause of an API that has no SQL of its
// own: one condition for each parameter, which compares a field with what the
// caller sent.
//
// An absent parameter drops its condition. Null asks for IS NULL with = and for
// IS NOT NULL with !=, and is refused with other operators. An empty list makes
// IN false and NOT IN true.
//
// A pattern of LIKE means the same in all dialects: % is any text, _ is any
// character, and a backslash takes the meaning from the character behind it.
// Whether case matters is the database's.
//
// The package knows nothing of tables, columns and limits of a statement.
package condition

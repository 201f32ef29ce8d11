// Package expr is the expression language of dynamic SQL: what stands in the
// attributes of elements and in placeholders.
//
// It is the part of the language "expr" that scripts use (literals, members,
// slices, arithmetic, comparison, membership, text operators, the functions
// all, none, any, one, filter, map and len with closures), with the words and
// methods of OGNL that come with scripts written for MyBatis, and the date
// functions of DataLeap. Three things are its own, and the reason why no
// library is used: numbers are exact, however large; an evaluation has a budget
// of steps, however closures are nested; and every error has its place.
//
// Values are those of package param. A name that is declared and absent is nil;
// nil has no members, no elements, contains nothing, and is neither less nor
// greater than anything.
//
// An expression reads its variables, the budget and the partitions it is given.
// It cannot write, and it reads no clock.
package expr

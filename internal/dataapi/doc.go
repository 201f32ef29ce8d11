// Package dataapi answers the calls of data APIs: APIs that are a query over
// logical tables. An [API] is one revision in one group over one data source,
// prepared once and shared by all calls.
//
// A call's parameters become one checked statement (package query), whose rows
// go cell by cell from the database (package sqlsource) into the format the
// caller wants (package format), and, if they are few, into the result cache
// (package cache).
//
// The package sees no transport: a [Request] says everything that an answer
// depends on, a [Result] is written to any writer, a [Failure] has the texts
// and codes that callers may see. Who the caller is, whether it may call the
// API at all and how often is decided before a call comes here.
package dataapi

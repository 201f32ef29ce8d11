// Package openapi describes data APIs: from what one reads, takes and returns
// it makes the OpenAPI 3.1 document that people, clients and the compatibility
// gate know it by. Equal definitions give equal bytes.
//
// The document tells what callers have to know and nothing else: no SQL, no
// source and no table. The package reads no documents, and decides nothing
// about what a group has.
package openapi

// Package storetest is the suite that every [control.Store] passes. It is the
// contract of the interface in executable form: what each method does, which
// error it returns for what is missing or there already, in which order lists
// come, what a transaction leaves behind when it fails or its process is
// killed.
//
// Where the comments of the interface leave something open, the suite decides
// it for all implementations:
//
//   - Writing something whose group, API or revision does not exist is
//     NotFound. A change that is staged and a slot's change are not looked up.
//   - Deleting a group resource or an instance that is not there is NotFound;
//     unstaging a change that has nothing staged is fine.
//   - UpdateAPI and UpdateGroup set the new Revised in what they are given.
//     UpdateChange leaves ID, group and kind, besides what its comment names.
//   - SlotRuns tells the action of the change's item, or the change's kind when
//     the item has none.
//   - NextConfigID gives no ID twice, unless the transaction it gave it in failed.
//   - Text is valid UTF-8 without U+0000; what is not becomes U+FFFD.
//   - Repeating BindVersion, PutIdempotency or PutBlob with the same content is
//     fine. Revoking twice keeps the first time, as sealing twice does.
//   - Times are kept to the microsecond and come back in UTC. Empty lists and
//     maps may come back as nil, except a definition's routes, whose hash tells
//     them apart.
//   - A limit of 0 or less gives an empty list, except in ChangeFilter.
//   - Names and keys sort by their bytes.
//
// It is for tests only; nothing else imports it.
package storetest

// Package notify sends what happened to people and systems: by signed webhook,
// to Slack, Lark and DingTalk, and by e-mail.
//
// Messages come from an [Outbox]. Whoever makes something happen writes them
// there in the same transaction; the [Dispatcher] sends them afterwards. So a
// receiver that fails holds nothing up, nothing that happened goes untold when
// a process dies, and a message may arrive twice, with the same identifier.
//
// A [Courier] makes one attempt. URLs and secrets never appear in its errors:
// they are stored, shown and logged.
//
// The package decides nothing about who is told, stores nothing, and connects
// only to receivers and to the mail server.
package notify

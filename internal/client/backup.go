package client

import (
	"context"
	"io"
	"time"
)

// backupIdle bounds how long the server may take to copy its database before
// it sends something of it.
const backupIdle = 10 * time.Minute

// Backup writes a copy of the control plane's database to w as it comes, and
// returns an error unless all of it came. [gatewright.Unavailable] when the
// database is PostgreSQL, which has tools of its own.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	return c.download(ctx, post(nil, "backup"), backupIdle, w)
}

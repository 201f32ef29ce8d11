package sqlstore

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/control"
	"github.com/gatewright/gatewright/internal/control/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(ctx context.Context, dir string, clock func() time.Time) (control.Store, error) {
		return Open(ctx, Config{Path: filepath.Join(dir, "gatewright.db"), Clock: clock})
	})
}

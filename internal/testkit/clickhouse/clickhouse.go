//go:build unix

package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatewright/gatewright/internal/testkit/process"
)

const (
	// Require is the environment variable that makes tests fail, instead of
	// being skipped, where ClickHouse is not installed: "1" for yes.
	Require = "GATEWRIGHT_REQUIRE_CLICKHOUSE"

	// User may do everything, Reader may read and set, Strict may read and set
	// nothing. All have the same password.
	User     = "default"
	Reader   = "reader"
	Strict   = "strict"
	Password = "clickhouse-of-a-test"

	callTimeout = 30 * time.Second
	maxAnswer   = 1 << 20
)

// shared is the one server of this test process. It is made by the first test
// that wants it and ends with the process.
var shared = sync.OnceValues(start)

// made counts databases.
var made atomic.Int64

// Database is an empty database.
type Database struct {
	Host   string
	Port   int // of HTTP
	Name   string
	server *process.Server
}

// Start returns an empty database that is removed when the test ends. It skips
// the test where there is no ClickHouse, or fails it when [Require] is set.
func Start(t testing.TB) *Database {
	t.Helper()
	server, err := shared()
	process.Need(t, err, Require)
	d := create(t, server)
	t.Cleanup(func() { d.Execute(t, "DROP DATABASE "+d.Name) })
	return d
}

// Private returns a database on a server of its own, which the test may kill.
func Private(t testing.TB) *Database {
	t.Helper()
	server, err := start()
	process.Need(t, err, Require)
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Errorf("stop ClickHouse: %v", err)
		}
	})
	return create(t, server)
}

func create(t testing.TB, server *process.Server) *Database {
	t.Helper()
	d := &Database{Host: "127.0.0.1", Port: server.Ports[0], server: server}
	name := "test_" + strconv.FormatInt(made.Add(1), 10)
	d.Execute(t, "CREATE DATABASE "+name)
	d.Name = name
	return d
}

// Kill ends the server of a [Private] database at once, as a crash would.
func (d *Database) Kill(t testing.TB) {
	t.Helper()
	if err := d.server.Kill(); err != nil {
		t.Fatalf("kill ClickHouse: %v", err)
	}
}

// Execute executes statements and returns the answer to the last.
func (d *Database) Execute(t testing.TB, statements ...string) (answer string) {
	t.Helper()
	for _, statement := range statements {
		var err error
		if answer, err = execute(context.Background(), d.Port, d.Name, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return answer
}

func execute(ctx context.Context, port int, database, statement string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	address := "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) + "/?database=" + database
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(statement))
	if err != nil {
		return "", err
	}
	request.Header.Set("X-ClickHouse-User", User)
	request.Header.Set("X-ClickHouse-Key", Password)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(string(text))
	}
	return string(text), err
}

func start() (*process.Server, error) {
	return process.Start(process.Spec{
		Name: "clickhouse", Program: "clickhouse-server", Package: "clickhouse-server", Ports: 2,
		Prepare: func(dir string, ports []int, run func(string, ...string) error) error {
			config := fmt.Sprintf(serverConfig, ports[0], ports[1], dir)
			return errors.Join(
				os.WriteFile(filepath.Join(dir, "config.xml"), []byte(config), 0o644),
				os.WriteFile(filepath.Join(dir, "users.xml"), []byte(strings.ReplaceAll(usersConfig, "PASSWORD", Password)), 0o644),
				run("mkdir", "data", "tmp"))
		},
		Arguments: func(dir string, _ []int) []string {
			return []string{"--config-file=" + filepath.Join(dir, "config.xml")}
		},
		Ready: func(ctx context.Context, _ string, ports []int) error {
			_, err := execute(ctx, ports[0], "", "SELECT 1")
			return err
		},
	})
}

// serverConfig is the configuration with the ports of HTTP and of the native
// protocol, and the directory.
const serverConfig = `<?xml version="1.0"?>
<yandex>
<logger><level>warning</level><console>1</console></logger>
<http_port>%d</http_port><tcp_port>%d</tcp_port><listen_host>127.0.0.1</listen_host>
<path>%[3]s/data/</path><tmp_path>%[3]s/tmp/</tmp_path>
<mark_cache_size>67108864</mark_cache_size><uncompressed_cache_size>67108864</uncompressed_cache_size>
<users_config>users.xml</users_config><default_profile>default</default_profile><default_database>default</default_database>
<timezone>Europe/Berlin</timezone>
</yandex>
`

const usersConfig = `<?xml version="1.0"?>
<yandex>
<profiles><default/><reader><readonly>2</readonly></reader><strict><readonly>1</readonly></strict></profiles>
<users>
<default><password>PASSWORD</password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default>
<reader><password>PASSWORD</password><networks><ip>127.0.0.1</ip></networks><profile>reader</profile><quota>default</quota></reader>
<strict><password>PASSWORD</password><networks><ip>127.0.0.1</ip></networks><profile>strict</profile><quota>default</quota></strict>
</users>
<quotas><default/></quotas>
</yandex>
`

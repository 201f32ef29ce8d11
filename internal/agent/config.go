package agent

import (
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/gatewright/gatewright"
	"github.com/gatewright/gatewright/internal/agent/lastgood"
)

// Defaults of [Config].
const (
	DefaultRetryMin  = 100 * time.Millisecond
	DefaultRetryMax  = 5 * time.Second
	DefaultRetrySlow = 30 * time.Second
	DefaultSaveRetry = 30 * time.Second
)

// Bounds that are not configurable.
const (
	maxServers     = 8
	maxCandidates  = 4                // prepared changes at a time
	fetchParallel  = 8                // blobs that are fetched or read at a time
	fetchAttempts  = 6                // before a blob or secret counts as not to be had
	readAhead      = 8                // messages read before they are dealt with
	requestTimeout = 10 * time.Second // of a join or report
	blobTimeout    = 60 * time.Second // of one attempt to fetch a blob
	answerTimeout  = 60 * time.Second // of one attempt to send an answer
	maxAnswering   = 4                // questions that are worked on at a time; others are answered busy
	maxAsked       = 16               // questions of one session; more are not answered
	leaveTimeout   = 2 * time.Second  // to say goodbye
	silentPings    = 3                // pings that may fail to come before the stream counts as broken
	byeSpread      = 10               // times RetryMin: over how long gateways spread when the control plane says goodbye
)

// Config says who the gateway is and where its control plane is.
type Config struct {
	Servers []string // URLs of the control plane's replicas; tried in turn
	// Token returns the group's instance token. It is asked at each connect,
	// so that the token can be replaced while the gateway runs.
	Token   func() (string, error)
	Group   string // the group to join; the control plane refuses a token of another. "" accepts any
	Name    string // what people call this gateway
	Address string // where it listens for traffic, to be shown
	Version string // of this build
	DataDir string // of this gateway alone
	// ConfigID is the configuration that this gateway is pinned to, see
	// [gatewright.Pin]; "" for none.
	ConfigID string

	// Answerers answer the control plane's questions, by kind; at most
	// gatewright.MaxQuestionKinds.
	Answerers map[gatewright.QuestionKind]Answerer
	// Vault gets the secrets that the runtime opens; nil means one that nobody
	// opens.
	Vault *Vault

	RetryMin  time.Duration // first wait before connecting again; it doubles
	RetryMax  time.Duration // up to this
	RetrySlow time.Duration // when the control plane refuses this gateway
	SaveRetry time.Duration // when what runs could not be saved

	Transport http.RoundTripper // nil means one with deadlines, made for this
	Disk      lastgood.Disk     // nil means the directory DataDir
	Log       *slog.Logger      // nil means nowhere
	Clock     func() time.Time  // nil means time.Now
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{
		{&c.RetryMin, DefaultRetryMin}, {&c.RetryMax, DefaultRetryMax},
		{&c.RetrySlow, DefaultRetrySlow}, {&c.SaveRetry, DefaultSaveRetry},
	} {
		if *d.value == 0 {
			*d.value = d.fallback
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Transport == nil {
		c.Transport = newTransport()
	}
	if c.Vault == nil {
		c.Vault = NewVault()
	}
	return c
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 15 * time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   fetchParallel,
		DisableCompression:    true, // a compressed stream would be delayed
	}
}

// check refuses what cannot work however long it is tried.
func (c *Config) check() error {
	if len(c.Servers) == 0 || len(c.Servers) > maxServers {
		return gatewright.FieldErrorf("server", "%d control plane URLs are given; give 1 to %d", len(c.Servers), maxServers)
	}
	for _, s := range c.Servers {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return gatewright.FieldErrorf("server", "%q is not a URL like https://control.example.com:8080", s)
		}
	}
	if c.Token == nil {
		return gatewright.FieldErrorf("token", "there is no instance token")
	}
	if c.DataDir == "" {
		return gatewright.FieldErrorf("dataDir", "there is no data directory")
	}
	if len(c.Answerers) > gatewright.MaxQuestionKinds {
		return gatewright.FieldErrorf("answerers", "%d kinds of question; at most %d are allowed", len(c.Answerers), gatewright.MaxQuestionKinds)
	}
	if c.ConfigID != "" {
		if _, err := gatewright.ParseConfigID(c.ConfigID); err != nil {
			return err
		}
	}
	return gatewright.CheckName("name", c.Name)
}

package role

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
)

// statusPage answers probes and people on this machine:
//
//	/healthz  200 while the process lives
//	/readyz   200 once there is a configuration to serve, 503 with the reason before
//	/status   everything, as JSON
func (g *Gateway) statusPage() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { g.text(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if g.agent.Status().Configured {
			g.text(w, http.StatusOK, "ok")
			return
		}
		g.text(w, http.StatusServiceUnavailable, g.notReady())
	})
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		body, err := json.MarshalIndent(map[string]any{
			"name": g.cfg.Name, "group": g.cfg.Group, "listen": g.Address(),
			"link": g.agent.Status(), "gateway": g.gateway.Status(),
		}, "", "  ")
		if err != nil {
			g.log.Error("encode the status", slog.Any("error", err))
			g.text(w, http.StatusInternalServerError, "the status cannot be encoded")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(append(body, '\n')) // whoever went away does not want it
	})
	return mux
}

func (g *Gateway) text(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text+"\n")
}

// notReady says why there is nothing to serve.
func (g *Gateway) notReady() string {
	reason := "there is no configuration yet: " + strings.Join(g.cfg.Servers, " or ") + " has not sent one"
	if problem := g.agent.Status().LastError; problem != "" {
		reason += "; " + problem
	}
	return reason
}

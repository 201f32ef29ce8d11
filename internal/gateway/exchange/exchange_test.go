package exchange

import (
	"encoding/json"
	"net/http"
	"testing"
)

func TestFailuresAreWhole(t *testing.T) {
	names := map[string]Failure{}
	for f := None + 1; f < failures; f++ {
		if f.String() == "" || f.Status() < 400 || f.info().title == "" {
			t.Errorf("failure %d has no name, status or title", f)
		}
		if other, taken := names[f.String()]; taken {
			t.Errorf("%d and %d are both called %s", f, other, f)
		}
		names[f.String()] = f
		if f.Error() != f.String() || f.OfUpstream() && f.OfGateway() {
			t.Errorf("%s is %s, of both", f, f.Error())
		}
		if f.OfUpstream() != (f.Status() >= 502 && f.Status() <= 504 && f != Shutdown && f != ServeTimeout) {
			t.Errorf("%s is of the upstream: %v, status %d", f, f.OfUpstream(), f.Status())
		}
	}
	if None.String() != "" || Failure(200).Status() != 400 {
		t.Error("the ends of the enumeration")
	}
}

func TestProblems(t *testing.T) {
	for _, x := range []struct {
		name    string
		problem Problem
		id      string
		want    map[string]any
	}{
		{"of a failure", ReadTimeout.Problem("60 s"), "r1", map[string]any{
			"type": "urn:gatewright:problem:read-timeout", "title": "The upstream did not answer in time", "status": 504.0, "detail": "60 s", "requestId": "r1",
		}},
		{"of a status", Problem{Status: 429}, "", map[string]any{
			"type": "about:blank", "title": http.StatusText(429), "status": 429.0,
		}},
		{"text that needs quoting", Problem{Status: 400, Detail: "a \"b\"\n\x00\xff<"}, "", map[string]any{
			"type": "about:blank", "title": "Bad Request", "status": 400.0, "detail": "a \"b\"\n\x00\ufffd<",
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			var got map[string]any
			if err := json.Unmarshal(x.problem.JSON(x.id), &got); err != nil {
				t.Fatal(err)
			}
			if len(got) != len(x.want) {
				t.Errorf("got %v, want %v", got, x.want)
			}
			for k, v := range x.want {
				if got[k] != v {
					t.Errorf("%s is %v, want %v", k, got[k], v)
				}
			}
		})
	}
}

func TestRespondAndReset(t *testing.T) {
	var ex Exchange
	ex.RequestID = "r1"
	ex.Header.Set("A", "b")
	ex.Response.Header.Set("C", "d")
	ex.Data = 1
	ex.RespondProblem(Overloaded.Problem(""))
	if !ex.Response.Local || ex.Response.Status != 503 || ex.Response.ContentType != ProblemContentType || len(ex.Response.Body) == 0 {
		t.Errorf("%+v", ex.Response)
	}
	ex.Serve(nil, -1)
	if ex.ServeTimeout != DefaultServeTimeout {
		t.Errorf("timeout %v", ex.ServeTimeout)
	}
	ex.Reset()
	if ex.ServeTimeout != 0 || ex.Header.Len() != 0 || ex.Response.Header.Len() != 0 || ex.Data != nil || ex.Response.Local || ex.RequestID != "" {
		t.Errorf("%+v", ex)
	}
	if n := testing.AllocsPerRun(10, func() {
		ex.Header.AddParsed("A", "b")
		ex.Response.Header.AddParsed("C", "d")
		ex.Reset()
	}); n != 0 {
		t.Errorf("%v allocations for a used exchange", n)
	}
}

package discover

import (
	"net/netip"
	"testing"

	"github.com/gatewright/gatewright"
)

func TestParseService(t *testing.T) {
	tests := []struct {
		name string
		text string
		want service
		bad  bool
	}{
		{name: "host and port", text: "pets.example:8080", want: service{host: "pets.example", port: 8080}},
		{name: "upper case", text: "Pets.Example:80", want: service{host: "pets.example", port: 80}},
		{name: "absolute", text: "pets.example.:80", want: service{host: "pets.example", absolute: true, port: 80}},
		{name: "one label", text: "pets:80", want: service{host: "pets", port: 80}},
		{name: "records of SRV", text: "_http._tcp.pets.example", want: service{host: "_http._tcp.pets.example"}},
		{name: "plain name has SRV records too", text: "pets.service.consul", want: service{host: "pets.service.consul"}},
		{name: "IPv4", text: "127.0.0.1:80", want: service{addr: netip.MustParseAddr("127.0.0.1"), port: 80}},
		{name: "IPv6", text: "[::1]:80", want: service{addr: netip.MustParseAddr("::1"), port: 80}},
		{name: "empty", text: "", bad: true},
		{name: "only a port", text: ":80", bad: true},
		{name: "port 0", text: "pets:0", bad: true},
		{name: "port too high", text: "pets:65536", bad: true},
		{name: "port with a sign", text: "pets:+80", bad: true},
		{name: "two ports", text: "pets:80:80", bad: true},
		{name: "IPv6 without brackets", text: "::1:80", bad: true},
		{name: "IPv4 without a port", text: "127.0.0.1", bad: true},
		{name: "unspecified", text: "0.0.0.0:80", bad: true},
		{name: "white space", text: "pets example:80", bad: true},
		{name: "scheme", text: "http://pets:80", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseService(tt.text)
			if tt.bad {
				if gatewright.CodeOf(err) != gatewright.Invalid {
					t.Errorf("got %+v and error %v, want invalid", got, err)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("got %+v and error %v, want %+v", got, err, tt.want)
			}
		})
	}
}

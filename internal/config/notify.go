package config

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/gatewright/gatewright"
)

// MaxNotifyAllow bounds the networks notifications may go to all the same.
const MaxNotifyAllow = 100

// Notify says where notifications may be sent.
type Notify struct {
	AllowLoopback bool           // receivers on this machine
	DenyPrivate   bool           // no receivers in private networks
	Allow         []netip.Prefix // networks exempt from every refusal
}

// Mail says how e-mail is sent.
type Mail struct {
	Server       string // host:port; "" for no e-mail
	TLS          string // "starttls", "tls", or "" for STARTTLS except on this machine
	User         string // "" for no login
	PasswordFile string // a file with the password and nothing else
	From         string // sender's address
	FromName     string // shown beside it
}

// Password returns the password, "" when there is none.
func (m Mail) Password() (string, error) {
	if m.PasswordFile == "" {
		return "", nil
	}
	password, err := readPassword(m.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("read the password of the mail server: %w", err)
	}
	return password, nil
}

// parseNotifyAllow reads addresses and networks: 10.0.0.5, 10.1.0.0/16.
func parseNotifyAllow(n *Notify, values []string) error {
	n.Allow = nil
	for _, text := range values {
		prefix, err := netip.ParsePrefix(text)
		if addr, addrErr := netip.ParseAddr(text); addrErr == nil {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		if err != nil {
			return fmt.Errorf("%q is neither an address nor a network like 10.1.0.0/16", text)
		}
		n.Allow = append(n.Allow, prefix.Masked())
	}
	return nil
}

func (n Notify) validate(places places, report *report) {
	if len(n.Allow) > MaxNotifyAllow {
		report.add(places, "notify.allow", fmt.Sprintf("%d networks; at most %d are allowed", len(n.Allow), MaxNotifyAllow))
	}
}

func (m Mail) validate(places places, report *report) {
	if m.Server == "" {
		if m != (Mail{}) {
			report.add(places, "mail.server", "mail is configured, but no server; set host:port")
		}
		return
	}
	if host, port, err := net.SplitHostPort(m.Server); err != nil || host == "" || port == "" {
		report.add(places, "mail.server", fmt.Sprintf("%q is not host:port, like mail.example.com:587", m.Server))
	}
	switch m.TLS {
	case "", "starttls", "tls":
	default:
		report.add(places, "mail.tls", fmt.Sprintf("%q is not starttls or tls", m.TLS))
	}
	if (m.User == "") != (m.PasswordFile == "") {
		report.add(places, "mail.user", "a user and a password belong together; set mail.user and mail.passwordFile, or neither")
	}
	if gatewright.CheckMailAddress(m.From) != nil {
		report.add(places, "mail.from", fmt.Sprintf("%q is not a mail address like gatewright@example.com", m.From))
	}
}

package action

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestPublic(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"8.8.8.8": true, "1.1.1.1": true, "100.63.255.255": true, "100.128.0.0": true, "172.32.0.1": true, "223.255.255.255": true,
		"2606:4700:4700::1111": true, "::ffff:8.8.8.8": true, "64:ff9b::8.8.8.8": true,
		"127.0.0.1": false, "127.255.255.255": false, "0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "172.16.0.1": false,
		"172.31.255.255": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "100.100.100.200": false,
		"192.0.0.192": false, "198.18.0.1": false, "203.0.113.5": false, "224.0.0.1": false, "239.255.255.255": false,
		"240.0.0.1": false, "255.255.255.255": false, "168.63.129.16": false,
		"::": false, "::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::7f00:1": false, "fe80::1": false,
		"fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false, "fec0::1": false, "ff02::1": false, "2001:db8::1": false,
		"2001::1": false, "2002:7f00:1::": false, "64:ff9b::127.0.0.1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::1": false,
		"100::1": false, "4000::1": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("public(%s) = %v, want %v", text, got, want)
		}
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	g, err := parseAllowed([]string{"inside.example:8443", " Files.Example. ", "10.1.0.0/16", "127.0.0.1:9000", "[::1]:9000", "192.168.7.7", ""})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		host, at string
		want     bool
	}{
		{"example.com", "8.8.8.8:443", true},
		{"example.com", "127.0.0.1:443", false},
		{"inside.example", "10.9.9.9:8443", true},
		{"inside.example", "10.9.9.9:443", false},
		{"other.inside.example", "10.9.9.9:8443", false},
		{"files.example", "192.168.0.1:80", true},
		{"x", "10.1.2.3:1", true},
		{"x", "10.2.2.3:1", false},
		{"x", "127.0.0.1:9000", true},
		{"x", "[::ffff:127.0.0.1]:9000", true},
		{"x", "127.0.0.1:9001", false},
		{"x", "[::1]:9000", true},
		{"x", "[::1]:9001", false},
		{"x", "192.168.7.7:22", true},
		{"x", "192.168.7.8:22", false},
		{"x", "nonsense", false},
	} {
		err := guard(g).judge(tt.host, tt.at)
		if (err == nil) != tt.want || err != nil && !errors.Is(err, errTarget) {
			t.Errorf("judge(%s, %s) = %v, want allowed: %v", tt.host, tt.at, err, tt.want)
		}
	}
}

func TestParseAllowed_refuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a:0", "a:x", "a:70000", "http://a", "*.a", "a/8", "10.0.0.0/33", "u@a", ":80", "a b"} {
		if got, err := parseAllowed([]string{text}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("parseAllowed(%q) = %v, %v, want an error that names it", text, got, err)
		}
	}
}

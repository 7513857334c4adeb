package action

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// errTarget is wrapped by the refusal of a target.
var errTarget = errors.New("the target is private")

// special are the blocks of IPv4 that are not the public internet, by the IANA
// registry of special-purpose addresses, and the fixed address under which one
// cloud serves its machines' secrets.
var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
	"192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"168.63.129.16/32",
)

// special6 are the blocks inside 2000::/3 that are not the public internet:
// protocol assignments with Teredo, documentation, 6to4.
var special6 = prefixes("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48")

var (
	global6 = netip.MustParsePrefix("2000::/3")
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
)

func prefixes(list ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(list))
	for i, text := range list {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// public reports whether an address is one of the public internet. An IPv4
// address is judged as itself however it is wrapped.
func public(ip netip.Addr) bool {
	ip = ip.WithZone("").Unmap()
	if nat64.Contains(ip) {
		b := ip.As16()
		ip = netip.AddrFrom4([4]byte(b[12:]))
	}
	if ip.Is4() {
		return !within(ip, special)
	}
	return global6.Contains(ip) && !within(ip, special6)
}

func within(ip netip.Addr, list []netip.Prefix) bool {
	for _, p := range list {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// allowed is one target that the operator allows: a host by name, or a block of
// addresses; port 0 is any.
type allowed struct {
	name  string
	block netip.Prefix
	port  uint16
}

// parseAllowed reads the operator's list.
func parseAllowed(list []string) ([]allowed, error) {
	var all []allowed
	for _, text := range list {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		a, err := parseOneAllowed(text)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

func parseOneAllowed(text string) (allowed, error) {
	if block, err := netip.ParsePrefix(text); err == nil {
		return allowed{block: block.Masked()}, nil
	}
	a, host := allowed{}, text
	if h, p, err := net.SplitHostPort(text); err == nil {
		port, err := strconv.ParseUint(p, 10, 16)
		if err != nil || port == 0 {
			return a, fmt.Errorf("the allowed target %q has no port between 1 and 65535", text)
		}
		a.port, host = uint16(port), h
	}
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		ip = ip.WithZone("").Unmap()
		a.block = netip.PrefixFrom(ip, ip.BitLen())
		return a, nil
	}
	if host == "" || strings.ContainsAny(host, "/:*@ ") {
		return a, fmt.Errorf("the allowed target %q is none of host, host:port, address or CIDR block, such as 10.0.0.0/8", text)
	}
	a.name = hostName(host)
	return a, nil
}

// hostName makes the spellings of a host name equal.
func hostName(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// guard opens connections to public addresses and to what the operator allows.
// It judges the address that is dialled, after the name was resolved, so that a
// name that resolves differently the second time gains nothing.
type guard []allowed

// dialTimeout bounds the making of one connection.
const dialTimeout = 10 * time.Second

func (g guard) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: dialTimeout, Control: func(_, resolved string, _ syscall.RawConn) error {
		return g.judge(hostName(host), resolved)
	}}
	return d.DialContext(ctx, network, addr)
}

// judge returns an error unless a host may be reached at a resolved address.
func (g guard) judge(host, resolved string) error {
	at, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return fmt.Errorf("%w: %q is no address", errTarget, resolved)
	}
	ip := at.Addr().WithZone("").Unmap()
	for _, a := range g {
		if (a.port == 0 || a.port == at.Port()) && (a.name != "" && a.name == host || a.block.Contains(ip)) {
			return nil
		}
	}
	if public(ip) {
		return nil
	}
	return fmt.Errorf("%w: %s is at %s", errTarget, host, ip)
}

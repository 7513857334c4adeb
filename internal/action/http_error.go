package action

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
)

// networkCode sorts the ways in which a connection fails.
func networkCode(err error) string {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(err, errTarget):
		return "target_refused"
	case errors.As(err, &dns):
		return "dns_failed"
	case errors.As(err, new(*tls.CertificateVerificationError)), errors.As(err, new(x509.UnknownAuthorityError)),
		errors.Is(err, http.ErrSchemeMismatch), errors.As(err, new(tls.RecordHeaderError)), errors.As(err, new(tls.AlertError)):
		return "tls_failed"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return "connection_failed"
}

package action

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/textproto"
	"net/url"
	"os"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// mailTimeout bounds each part of a delivery: connecting, then sending.
const mailTimeout = time.Minute

// mailServer is the operator's mail server.
type mailServer struct {
	host     string
	port     int
	implicit bool // TLS from the first byte
	policy   gomail.TLSPolicy
	user     string
	password string
	tls      *tls.Config
}

// mailURL says what the address of a mail server looks like.
const mailURL = "write it such as smtp://user:password@mail.example.com:587 or smtps://mail.example.com"

// parseMailServer reads smtp://[user:password@]host[:port][?tls=…&ca=FILE].
// smtps is TLS from the first byte, smtp STARTTLS; tls=none sends without, and
// on loopback STARTTLS is used where it is offered. Its error never shows the
// password.
func parseMailServer(text string) (*mailServer, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" || u.Path != "" && u.Path != "/" {
		return nil, errors.New("the address of the mail server cannot be read; " + mailURL)
	}
	s := &mailServer{host: u.Hostname(), port: 587, implicit: u.Scheme == "smtps", policy: gomail.TLSMandatory}
	if s.implicit {
		s.port = 465
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil || s.port < 1 || s.port > 65535 {
			return nil, errors.New("the mail server's port is not between 1 and 65535; " + mailURL)
		}
	}
	s.user = u.User.Username()
	s.password, _ = u.User.Password()
	s.tls = &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	return s, s.setSecurity(u.Query())
}

func (s *mailServer) setSecurity(query url.Values) error {
	if ip, err := netip.ParseAddr(s.host); s.host == "localhost" || err == nil && ip.IsLoopback() {
		s.policy = gomail.TLSOpportunistic
	}
	switch query.Get("tls") {
	case "":
	case "starttls":
		s.policy = gomail.TLSMandatory
	case "none":
		s.policy = gomail.NoTLS
	default:
		return errors.New("the mail server's tls is starttls or none; for TLS from the first byte write smtps://")
	}
	file := query.Get("ca")
	if file == "" {
		return nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the mail server's certificate authority: %w", err)
	}
	s.tls.RootCAs = x509.NewCertPool()
	if !s.tls.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("%s holds no certificate in PEM", file)
	}
	return nil
}

// send delivers one message, to all recipients or none.
func (s *mailServer) send(ctx context.Context, msg *gomail.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, 2*mailTimeout)
	defer cancel()
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(mailTimeout), gomail.WithTLSConfig(s.tls), gomail.WithTLSPolicy(s.policy),
		gomail.WithDialContextFunc(s.dial(ctx)), gomail.WithoutNoop(),
	}
	if s.implicit {
		options = append(options, gomail.WithSSL())
	}
	if s.user != "" {
		options = append(options, gomail.WithUsername(s.user), gomail.WithPassword(s.password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5))
	}
	client, err := gomail.NewClient(s.host, options...)
	if err != nil {
		return &Error{Code: "mail_not_configured", Message: "the mail server cannot be used: " + err.Error(), Err: err}
	}
	err = client.DialAndSendWithContext(ctx, msg)
	if err == nil || msg.IsDelivered() { // what goes wrong after the server took it changes nothing
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.failure(err)
}

// dial connects; the connection ends with the attempt.
func (s *mailServer) dial(attempt context.Context) gomail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(attempt, func() { conn.Close() })
		if !s.implicit {
			return conn, nil
		}
		secure := tls.Client(conn, s.tls)
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, err
		}
		return secure, nil
	}
}

// failure sorts why a message was not taken: 4xx and broken connections may pass,
// 5xx will not.
func (s *mailServer) failure(err error) error {
	code := 0
	var sent *gomail.SendError
	var answer *textproto.Error
	switch {
	case errors.As(err, &sent):
		code = sent.ErrorCode()
	case errors.As(err, &answer):
		code = answer.Code
	}
	kind := "mail_unreachable"
	switch {
	case code == 535 || code == 534 || code == 530 || code == 538:
		kind = "mail_login_failed"
	case code >= 500:
		kind = "mail_rejected"
	case code >= 400:
		kind = "mail_deferred"
	case networkCode(err) == "tls_failed":
		kind = "tls_failed"
	}
	return &Error{Code: kind, Message: fmt.Sprintf("the mail server %s did not take the mail: %s", net.JoinHostPort(s.host, strconv.Itoa(s.port)), err), Err: err}
}

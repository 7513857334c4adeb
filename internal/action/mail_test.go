package action_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"tandem/internal/action"
)

// postOffice is an SMTP server on loopback that keeps what it is sent.
type postOffice struct {
	addr string
	ca   string // file with its certificate

	mu    sync.Mutex
	mails []letter
}

type letter struct {
	from string
	to   []string
	user string
	tls  bool
	data string
}

const mailPassword = "correct horse"

// open starts a post office: with STARTTLS, TLS from the first byte, or neither.
func openPostOffice(t *testing.T, security string) *postOffice {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &postOffice{addr: listener.Addr().String()}
	server := smtp.NewServer(p)
	server.Domain, server.MaxRecipients, server.MaxMessageBytes = "post.example", 100, 1<<20
	server.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	server.AllowInsecureAuth = security == "none"
	if security != "none" {
		certificate := p.certificate(t)
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	}
	if security == "implicit" {
		listener = tls.NewListener(listener, server.TLSConfig)
	}
	go func() { _ = server.Serve(listener) }() // ends with Close
	t.Cleanup(func() { _ = server.Close() })
	return p
}

// certificate makes one for 127.0.0.1 that signs itself.
func (p *postOffice) certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "post"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	p.ca = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(p.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

func (p *postOffice) NewSession(c *smtp.Conn) (smtp.Session, error) {
	_, secure := c.TLSConnectionState()
	return &counter{office: p, letter: letter{tls: secure}}, nil
}

// last gives the mails that came, and forgets them.
func (p *postOffice) collect() []letter {
	p.mu.Lock()
	defer p.mu.Unlock()
	mails := p.mails
	p.mails = nil
	return mails
}

// counter is one session.
type counter struct {
	office *postOffice
	letter
}

func (c *counter) AuthMechanisms() []string { return []string{sasl.Plain} }

func (c *counter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != mailPassword {
			return smtp.ErrAuthFailed
		}
		c.user = user
		return nil
	}), nil
}

func (c *counter) Mail(from string, _ *smtp.MailOptions) error { c.from = from; return nil }

func (c *counter) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch {
	case strings.HasPrefix(to, "later@"):
		return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 1}, Message: "mailbox is busy"}
	case strings.HasPrefix(to, "never@"):
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody of that name"}
	}
	c.to = append(c.to, to)
	return nil
}

func (c *counter) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	c.data = string(data)
	c.office.mu.Lock()
	defer c.office.mu.Unlock()
	c.office.mails = append(c.office.mails, c.letter)
	return err
}

func (c *counter) Reset()        { c.from, c.to, c.data = "", nil, "" }
func (c *counter) Logout() error { return nil }

// sender gives email.send with settings.
func sender(t *testing.T, url string) func(input string, change ...func(*action.Call)) (string, error) {
	t.Helper()
	actions, err := action.New(action.Settings{SMTPURL: url, MailFrom: "Tändem <tandem@example.com>"})
	if err != nil {
		t.Fatal(err)
	}
	return func(input string, change ...func(*action.Call)) (string, error) {
		call := action.Call{IdempotencyKey: "key-1", Input: json.RawMessage(input), Log: slog.New(slog.DiscardHandler)}
		for _, fn := range change {
			fn(&call)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		out, err := actions.Execute(ctx, "email.send", call)
		return string(out), err
	}
}

func TestEmailSend(t *testing.T) {
	t.Parallel()
	p := openPostOffice(t, "none")
	send := sender(t, "smtp://"+p.addr)
	const input = `{"to": ["Ana Ä <ana@example.com>", "bo@example.org"], "cc": "cy@example.com", "bcc": "dee@example.com", "reply_to": "re@example.com",
		"subject": "Grüße\r\nBcc: evil@example.com", "text": "Hallo\n.\nEnde ä", "html": "<p>Hallo</p>"}`
	for range 2 {
		out, err := send(input)
		if want := `{"message_id":"<tandem.key-1@example.com>","recipients":4}`; err != nil || out != want {
			t.Fatalf("result %s, %v, want %s", out, err, want)
		}
	}
	mails := p.collect()
	if len(mails) != 2 {
		t.Fatalf("%d mails came, want 2", len(mails))
	}
	got := mails[0]
	if diff := cmp.Diff([]string{"ana@example.com", "bo@example.org", "cy@example.com", "dee@example.com"}, slices.Sorted(slices.Values(got.to))); diff != "" || got.from != "tandem@example.com" {
		t.Errorf("from %s to (-want +got):\n%s", got.from, diff)
	}
	msg, err := mail.ReadMessage(strings.NewReader(got.data))
	if err != nil {
		t.Fatal(err)
	}
	decoder := new(mime.WordDecoder)
	subject, err := decoder.DecodeHeader(msg.Header.Get("Subject"))
	if err != nil || subject != "Grüße Bcc: evil@example.com" {
		t.Errorf("subject %q, %v, want it on one line", subject, err)
	}
	for header, want := range map[string]string{
		"Message-Id": "<tandem.key-1@example.com>", "Bcc": "", "Reply-To": "<re@example.com>", "Cc": "<cy@example.com>", "Auto-Submitted": "auto-generated",
	} {
		if got := msg.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	if diff := cmp.Diff([]string{"text/plain: Hallo\n.\nEnde ä", "text/html: <p>Hallo</p>"}, parts(t, msg)); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

// parts lists the parts of a multipart message.
func parts(t *testing.T, msg *mail.Message) []string {
	t.Helper()
	_, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	reader := multipart.NewReader(msg.Body, params["boundary"])
	for {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		media, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		list = append(list, media+": "+strings.TrimSpace(strings.ReplaceAll(string(body), "\r\n", "\n")))
	}
}

func TestEmailSend_security(t *testing.T) {
	t.Parallel()
	plain, starttls, implicit := openPostOffice(t, "none"), openPostOffice(t, "starttls"), openPostOffice(t, "implicit")
	login := "user:" + strings.ReplaceAll(mailPassword, " ", "%20") + "@"
	for name, tt := range map[string]struct {
		url    string
		office *postOffice
		code   string
		secure bool
		user   string
	}{
		"plain":                   {url: "smtp://" + plain.addr, office: plain},
		"plain with login":        {url: "smtp://" + login + plain.addr + "?tls=none", office: plain, user: "user"},
		"wrong password":          {url: "smtp://user:wrong@" + plain.addr, office: plain, code: "mail_login_failed"},
		"starttls with login":     {url: "smtp://" + login + starttls.addr + "?ca=" + starttls.ca, office: starttls, secure: true, user: "user"},
		"implicit with login":     {url: "smtps://" + login + implicit.addr + "?ca=" + implicit.ca, office: implicit, secure: true, user: "user"},
		"starttls, unknown CA":    {url: "smtp://" + starttls.addr, office: starttls, code: "tls_failed"},
		"implicit, unknown CA":    {url: "smtps://" + implicit.addr, office: implicit, code: "tls_failed"},
		"starttls is not offered": {url: "smtp://" + plain.addr + "?tls=starttls", office: plain, code: "mail_unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			key := strings.ReplaceAll(name, " ", "-")
			out, err := sender(t, tt.url)(`{"to": "ana@example.com", "subject": "s", "text": "t"}`, func(c *action.Call) { c.IdempotencyKey = key })
			mails := tt.office.collect()
			if tt.code != "" {
				if got := action.StepError(errOr(err)); got.Code != tt.code || len(mails) != 0 || strings.Contains(got.Message, "wrong") {
					t.Errorf("gave %s, %+v and %d mails, want %s", out, got, len(mails), tt.code)
				}
				return
			}
			if err != nil || len(mails) != 1 || mails[0].tls != tt.secure || mails[0].user != tt.user || !strings.Contains(mails[0].data, key) {
				t.Errorf("gave %s, %v, and %+v came", out, err, mails)
			}
		})
	}
}

func TestEmailSend_failures(t *testing.T) {
	t.Parallel()
	p := openPostOffice(t, "none")
	send := sender(t, "smtp://"+p.addr)
	for to, code := range map[string]string{`"later@example.com"`: "mail_deferred", `"never@example.com"`: "mail_rejected", `["ana@example.com", "never@example.com"]`: "mail_rejected"} {
		_, err := send(`{"to": ` + to + `, "subject": "s", "text": "t"}`)
		if got := action.StepError(errOr(err)); got.Code != code || got.Status != 0 {
			t.Errorf("to %s: %+v, want %s", to, got, code)
		}
	}
	_, err := send(`{"to": "ana@example.com", "subject": "s", "text": "{{ secrets.KEY }}"}`, func(c *action.Call) {
		c.Secrets = action.Secrets{{Name: "KEY", Value: "12345678", Hosts: []string{"other.example"}}}
	})
	if got := action.StepError(errOr(err)); got.Code != "secret_refused" {
		t.Errorf("a secret to a domain that it may not go to: %+v", got)
	}
	if mails := p.collect(); len(mails) != 0 {
		t.Errorf("%+v came, want nothing to anyone", mails)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") // accepts and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	actions, err := action.New(action.Settings{SMTPURL: "smtp://" + listener.Addr().String(), MailFrom: "a@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = actions.Execute(ctx, "email.send", action.Call{Input: json.RawMessage(`{"to": "a@example.com", "subject": "s", "text": "t"}`)})
	if got := action.StepError(errOr(err)); got.Code != "timeout" {
		t.Errorf("a server that says nothing: %+v, want timeout", got)
	}
	listener.Close()
	if _, err = sender(t, "smtp://"+listener.Addr().String())(`{"to": "a@example.com", "subject": "s", "text": "t"}`); action.StepError(errOr(err)).Code != "mail_unreachable" {
		t.Errorf("no server: %v, want mail_unreachable", err)
	}
}

func TestEmailSend_refuses_input(t *testing.T) {
	t.Parallel()
	p := openPostOffice(t, "none")
	send := sender(t, "smtp://"+p.addr)
	many := `"a@example.com"` + strings.Repeat(`, "a@example.com"`, 50)
	for input, want := range map[string]string{
		`{"subject": "s", "text": "t"}`:                                                        "1 to 50 addresses",
		`{"to": [` + many + `], "subject": "s", "text": "t"}`:                                  "1 to 50 addresses, not 51",
		`{"to": "a@example.com, b@example.com", "subject": "s", "text": "t"}`:                  "is no address",
		`{"to": "a@example.com\r\nBcc: b@example.com", "subject": "s", "text": "t"}`:           "line break",
		`{"to": "a@example.com>\u0000", "subject": "s", "text": "t"}`:                          "line break",
		`{"to": "\"a b\"@example.com", "subject": "s", "text": "t"}`:                           "characters",
		`{"to": "nobody", "subject": "s", "text": "t"}`:                                        "is no address",
		`{"to": "` + strings.Repeat("a", 400) + `@example.com", "subject": "s", "text": "t"}`:  "320 bytes",
		`{"to": "a@example.com", "reply_to": "x\ny@example.com", "subject": "s", "text": "t"}`: "reply_to",
		`{"to": "a@example.com", "subject": "\r\n", "text": "t"}`:                              "subject",
		`{"to": "a@example.com", "subject": "` + strings.Repeat("ä", 501) + `", "text": "t"}`:  "500 characters",
		`{"to": "a@example.com", "subject": "s"}`:                                              "text, html or both",
		`{"to": "a@example.com", "subject": "s", "body": "t"}`:                                 "body",
	} {
		if _, err := send(input); action.StepError(errOr(err)).Code != "bad_input" || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want bad_input with %q", input, err, want)
		}
	}
	if mails := p.collect(); len(mails) != 0 {
		t.Errorf("%d mails came", len(mails))
	}
}

func TestEmailSend_settings(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ url, from, want string }{
		{"", "a@example.com", "TANDEM_SMTP_URL"},
		{"smtp://mail.example.com", "", "TANDEM_MAIL_FROM"},
	} {
		actions, err := action.New(action.Settings{SMTPURL: tt.url, MailFrom: tt.from})
		if err != nil {
			t.Fatal(err)
		}
		_, err = actions.Execute(t.Context(), "email.send", action.Call{Input: json.RawMessage(`{"to": "a@example.com", "subject": "s", "text": "t"}`)})
		if got := action.StepError(errOr(err)); got.Code != "mail_not_configured" || !strings.Contains(got.Message, tt.want) {
			t.Errorf("with %+v: %+v, want that %s is missing", tt, got, tt.want)
		}
	}
	for _, tt := range []struct{ url, from, want string }{
		{"mail.example.com:25", "", "write it such as smtp://"},
		{"http://mail.example.com", "", "write it such as smtp://"},
		{"smtp://", "", "write it such as smtp://"},
		{"smtp://u:hush@mail.example.com:99999", "", "port"},
		{"smtp://u:hush%@mail.example.com", "", "write it such as smtp://"},
		{"smtp://mail.example.com?tls=maybe", "", "starttls or none"},
		{"smtp://mail.example.com?ca=/nowhere", "", "/nowhere"},
		{"smtp://mail.example.com?ca=/dev/null", "", "no certificate"},
		{"", "nobody", "is no address"},
	} {
		if _, err := action.New(action.Settings{SMTPURL: tt.url, MailFrom: tt.from}); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("with %+v: %v, want %q", tt, err, tt.want)
		}
	}
}

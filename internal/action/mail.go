package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
)

// Limits of email.send.
const (
	maxRecipients = 50  // to, cc and bcc together
	maxSubject    = 500 // characters
	maxAddress    = 320 // bytes
)

// mailer is email.send. It sends one message over the operator's mail server
// and gives {message_id, recipients}.
type mailer struct {
	server *mailServer   // nil = none is configured
	from   *mail.Address // nil = none is configured
}

// mailInput is the `with` of email.send.
type mailInput struct {
	To      scalar `json:"to"`
	CC      scalar `json:"cc"`
	BCC     scalar `json:"bcc"`
	ReplyTo scalar `json:"reply_to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
}

func newMailer(serverURL, from string) (*mailer, error) {
	m := &mailer{}
	var err error
	if serverURL != "" {
		if m.server, err = parseMailServer(serverURL); err != nil {
			return nil, err
		}
	}
	if from != "" {
		if m.from, err = parseAddress(from); err != nil {
			return nil, fmt.Errorf("the sender of mails %q is no address, such as Tandem <tandem@example.com>: %w", from, err)
		}
	}
	return m, nil
}

// UsesSecrets implements UsesSecrets.
func (*mailer) UsesSecrets() bool { return true }

// Execute sends the message.
func (m *mailer) Execute(ctx context.Context, call Call) (json.RawMessage, error) {
	var in mailInput
	if err := decodeStrict(call.Input, &in); err != nil {
		return nil, err
	}
	if m.server == nil {
		return nil, &Error{Code: "mail_not_configured", Message: "no mail server is configured: set TANDEM_SMTP_URL, such as smtp://user:password@mail.example.com:587"}
	}
	if m.from == nil {
		return nil, &Error{Code: "mail_not_configured", Message: "mails have no sender: set TANDEM_MAIL_FROM, such as Tandem <tandem@example.com>"}
	}
	msg, recipients, err := m.message(in, call)
	if err != nil {
		return nil, err
	}
	if err := m.server.send(ctx, msg); err != nil {
		return nil, err
	}
	return encode(map[string]any{"message_id": msg.GetMessageID(), "recipients": recipients})
}

// message builds the message. Its id comes from the idempotency key: a mail that
// is sent again after a crash is the same mail to whoever looks.
func (m *mailer) message(in mailInput, call Call) (*gomail.Msg, int, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(m.from)
	recipients := 0
	for _, field := range []struct {
		name   string
		header gomail.AddrHeader
		list   scalar
	}{{"to", gomail.HeaderTo, in.To}, {"cc", gomail.HeaderCc, in.CC}, {"bcc", gomail.HeaderBcc, in.BCC}, {"reply_to", gomail.HeaderReplyTo, in.ReplyTo}} {
		addresses, err := parseAddresses(field.list, call.Secrets, field.name != "reply_to")
		if err != nil {
			return nil, 0, badMail(field.name, err)
		}
		if len(addresses) > 0 {
			msg.SetAddrHeaderFromMailAddress(field.header, addresses...)
		}
		if field.name != "reply_to" {
			recipients += len(addresses)
		}
	}
	if recipients == 0 || recipients > maxRecipients {
		return nil, 0, badMail("to", fmt.Errorf("a mail goes to 1 to %d addresses, not %d", maxRecipients, recipients))
	}
	if err := setContent(msg, in); err != nil {
		return nil, 0, err
	}
	_, domain, _ := strings.Cut(m.from.Address, "@")
	msg.SetMessageIDWithValue("tandem." + call.IdempotencyKey + "@" + domain)
	msg.SetDateWithValue(time.Now().UTC())
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	return msg, recipients, nil
}

func setContent(msg *gomail.Msg, in mailInput) error {
	subject := strings.Join(strings.FieldsFunc(in.Subject, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if n := len([]rune(subject)); n == 0 || n > maxSubject {
		return badMail("subject", fmt.Errorf("a subject has 1 to %d characters", maxSubject))
	}
	msg.Subject(subject)
	switch {
	case in.Text == "" && in.HTML == "":
		return badMail("text", errors.New("a mail needs text, html or both"))
	case in.HTML == "":
		msg.SetBodyString(gomail.TypeTextPlain, in.Text)
	case in.Text == "":
		msg.SetBodyString(gomail.TypeTextHTML, in.HTML)
	default:
		msg.SetBodyString(gomail.TypeTextPlain, in.Text)
		msg.AddAlternativeString(gomail.TypeTextHTML, in.HTML)
	}
	return nil
}

// badMail passes errors that have a code on and gives others "bad_input".
func badMail(key string, err error) error {
	var coded *Error
	if errors.As(err, &coded) {
		return err
	}
	return badInput(key, err)
}

// parseAddresses reads a list with one address in each item: a comma in a value
// adds nobody. Secrets may have to allow the domains.
func parseAddresses(list scalar, secrets Secrets, receives bool) ([]*mail.Address, error) {
	var addresses []*mail.Address
	for _, text := range list {
		a, err := parseAddress(text)
		if err != nil {
			return nil, fmt.Errorf("%q is no address: %w", storable(text, maxAddress), err)
		}
		if receives {
			_, domain, _ := strings.Cut(a.Address, "@")
			if err := secrets.Allow(domain); err != nil {
				return nil, err
			}
		}
		addresses = append(addresses, a)
	}
	return addresses, nil
}

func parseAddress(text string) (*mail.Address, error) {
	if len(text) > maxAddress || strings.ContainsFunc(text, unicode.IsControl) {
		return nil, fmt.Errorf("it has a line break or more than %d bytes", maxAddress)
	}
	a, err := mail.ParseAddress(text)
	if err != nil {
		return nil, errors.New("write it such as ana@example.com or Ana <ana@example.com>")
	}
	if strings.ContainsFunc(a.Address+a.Name, unicode.IsControl) || strings.ContainsAny(a.Address, " <>\"") {
		return nil, errors.New("it has characters that no address needs")
	}
	return a, nil
}

package action

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of http.request.
const (
	maxAnswer        = 1 << 20  // bytes of a body, decompressed
	maxAnswerHeaders = 64 << 10 // bytes
	maxRedirects     = 5
	maxSnippet       = 300 // bytes of a body in an error message
)

// requester is http.request. It sends one request, follows a few redirects and
// gives {status, headers, body}.
type requester struct{ client *http.Client }

func newRequester(allow []allowed) *requester { return &requester{client: newClient(allow)} }

// NewClient returns a client that refuses private targets but those that the
// operator allows, as http.request does. It follows no redirects.
func NewClient(allow []string) (*http.Client, error) {
	all, err := parseAllowed(allow)
	if err != nil {
		return nil, err
	}
	return newClient(all), nil
}

// IsPrivate reports whether a request failed because its target is private.
func IsPrivate(err error) bool { return errors.Is(err, errTarget) }

func newClient(allow []allowed) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // what the environment says is not about the workflow's requests
			DialContext:            guard(allow).dial,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    dialTimeout,
			IdleConnTimeout:        30 * time.Second,
			MaxIdleConns:           64,
			MaxIdleConnsPerHost:    8,
			MaxResponseHeaderBytes: maxAnswerHeaders,
		},
		// Redirects are followed by hand, so that each is judged.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// UsesSecrets implements UsesSecrets.
func (*requester) UsesSecrets() bool { return true }

// Execute sends the request.
func (r *requester) Execute(ctx context.Context, call Call) (json.RawMessage, error) {
	req, err := readRequest(call)
	if err != nil {
		return nil, err
	}
	for range maxRedirects + 1 {
		answer, err := r.send(ctx, req, call)
		if err != nil {
			return nil, err
		}
		next, err := req.redirected(answer)
		if err != nil {
			answer.Body.Close()
			return nil, err
		}
		if next == nil {
			defer answer.Body.Close()
			return req.result(answer, call)
		}
		answer.Body.Close()
		if len(call.Secrets) > 0 && req.url.Scheme == "https" && next.url.Scheme == "http" {
			return nil, &Error{Code: "secret_refused", Message: fmt.Sprintf("%s: the redirect leaves TLS, and the request holds a secret", req)}
		}
		req = next
	}
	return nil, &Error{Code: "too_many_redirects", Message: fmt.Sprintf("%s: more than %d redirects", req, maxRedirects)}
}

// request is one request to send.
type request struct {
	method string
	url    *url.URL
	header http.Header
	body   []byte // nil = none
	secret bool   // it holds secrets: only the host may be shown
}

// String names the request without what may be nobody's business: the query,
// and the path where a secret may be a part of it.
func (r *request) String() string {
	shown := &url.URL{Scheme: r.url.Scheme, Host: r.url.Host}
	if !r.secret {
		shown.Path, shown.RawPath = r.url.Path, r.url.RawPath
	}
	return r.method + " " + shown.String()
}

func (r *requester) send(ctx context.Context, req *request, call Call) (*http.Response, error) {
	if err := call.Secrets.Allow(net.JoinHostPort(req.url.Hostname(), port(req.url))); err != nil {
		return nil, err
	}
	var body io.Reader
	if req.body != nil {
		body = bytes.NewReader(req.body)
	}
	out, err := http.NewRequestWithContext(ctx, req.method, req.url.String(), body)
	if err != nil {
		return nil, &Error{Code: "bad_input", Message: "the request cannot be made: " + reason(err), Err: err}
	}
	out.Header = req.header.Clone()
	end := traceCall(ctx, req, out)
	answer, err := r.client.Do(out)
	end(answer, err)
	if err != nil {
		return nil, unsent(ctx, req, err)
	}
	return answer, nil
}

// result reads an answer that is no redirect.
func (r *request) result(answer *http.Response, call Call) (json.RawMessage, error) {
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, unsent(answer.Request.Context(), r, err)
	case len(body) > maxAnswer:
		return nil, &Error{Code: "response_too_large", Status: answer.StatusCode,
			Message: fmt.Sprintf("%s: the answer has more than %d bytes. Ask for less, or for a part", r, maxAnswer)}
	case answer.StatusCode >= 400 && !call.Judged:
		return nil, &Error{Code: "http_error", Status: answer.StatusCode, RetryAfter: waitAsked(answer),
			Message: fmt.Sprintf("%s answered %s%s", r, answer.Status, snippet(call.Secrets.Mask(string(body))))}
	}
	headers := make(map[string]string, len(answer.Header))
	for name, values := range answer.Header {
		headers[strings.ToLower(name)] = clean(strings.Join(values, ", "))
	}
	return encode(struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		answerBody
	}{answer.StatusCode, headers, decodeBody(answer.Header.Get("Content-Type"), body)})
}

// snippet is the beginning of a text body, for an error message.
func snippet(body string) string {
	if !utf8.ValidString(body) {
		return ""
	}
	body = strings.Join(strings.Fields(clean(body)), " ")
	if body == "" {
		return ""
	}
	if len(body) > maxSnippet {
		body = strings.ToValidUTF8(body[:maxSnippet], "") + "…"
	}
	return ": " + body
}

// clean leaves out what cannot be kept.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
}

// redirected gives the request that an answer asks for, nil when it is the last
// answer. Another host gets neither the step's headers nor its credentials.
func (r *request) redirected(answer *http.Response) (*request, error) {
	to := answer.Header.Get("Location")
	next := *r
	switch answer.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		if r.method != http.MethodHead {
			next.method = http.MethodGet
		}
		next.body = nil
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		to = ""
	}
	if to == "" {
		return nil, nil
	}
	target, err := r.url.Parse(to)
	if err == nil {
		err = checkURL(target)
	}
	if err != nil {
		return nil, &Error{Code: "bad_redirect", Status: answer.StatusCode, Message: fmt.Sprintf("%s: the redirect cannot be followed: %s", r, reason(err)), Err: err}
	}
	target.RawQuery = plainQuery(target.RawQuery)
	next.url = target
	next.header = r.header.Clone()
	if !sameHost(r.url, target) {
		keepOnly(next.header, "Accept", "Accept-Language", "Content-Type", "Idempotency-Key", "User-Agent")
	}
	if next.body == nil {
		next.header.Del("Content-Type")
	}
	return &next, nil
}

func keepOnly(h http.Header, names ...string) {
	kept := http.Header{}
	for _, name := range names {
		if v, ok := h[name]; ok {
			kept[name] = v
		}
	}
	clear(h)
	for name, v := range kept {
		h[name] = v
	}
}

// sameHost reports whether a redirect stays with the same server: the same
// scheme, host and port, or from http to https at their usual ports.
func sameHost(a, b *url.URL) bool {
	if !strings.EqualFold(a.Hostname(), b.Hostname()) {
		return false
	}
	upgrade := a.Scheme == "http" && b.Scheme == "https" && port(a) == "80" && port(b) == "443"
	return upgrade || a.Scheme == b.Scheme && port(a) == port(b)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// unsent says why there is no answer. Its status is 0.
func unsent(ctx context.Context, r *request, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	code := networkCode(err)
	message := fmt.Sprintf("%s: %s", r, reason(err))
	if code == "target_refused" {
		message = fmt.Sprintf("%s: %s. Workflows reach public addresses only, unless the operator allows the target with TANDEM_HTTP_ALLOW", r, reason(err))
	}
	return &Error{Code: code, Message: message, Err: err}
}

// reason is an error's text without the URL that Go puts around it.
func reason(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err.Error()
	}
	return err.Error()
}

package action

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"tandem/internal/workflow"
)

// requestInput is the `with` of http.request.
type requestInput struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]scalar `json:"headers"`
	Query   map[string]scalar `json:"query"`
	Body    json.RawMessage   `json:"body"`
	Form    map[string]scalar `json:"form"`
}

// methods are what http.request may send.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// reserved are the headers that the transport writes.
var reserved = []string{"Host", "Connection", "Content-Length", "Transfer-Encoding", "Trailer", "Upgrade", "Te", "Proxy-Authorization", "Proxy-Connection", "Keep-Alive"}

// readRequest makes the first request of a call.
func readRequest(call Call) (*request, error) {
	var in requestInput
	if err := decodeStrict(call.Input, &in); err != nil {
		return nil, err
	}
	r := &request{method: strings.ToUpper(in.Method), header: http.Header{}, secret: len(call.Secrets) > 0}
	if err := r.setURL(in); err != nil {
		return nil, badInput("url", err)
	}
	if err := r.setHeaders(in.Headers, call.IdempotencyKey); err != nil {
		return nil, badInput("headers", err)
	}
	if err := r.setBody(in); err != nil {
		return nil, badInput("body", err)
	}
	if r.method == "" {
		r.method = http.MethodGet
		if r.body != nil {
			r.method = http.MethodPost
		}
	}
	if !slices.Contains(methods, r.method) {
		return nil, badInput("method", fmt.Errorf("%q is none of %s", in.Method, strings.Join(methods, ", ")))
	}
	return r, nil
}

func badInput(key string, err error) error {
	return &Error{Code: "bad_input", Message: fmt.Sprintf("`with.%s` cannot be used: %s", key, reason(err)), Err: err}
}

func (r *request) setURL(in requestInput) error {
	if in.URL == "" {
		return errors.New("it is missing")
	}
	u, err := url.Parse(in.URL)
	if err != nil {
		return err
	}
	if err := checkURL(u); err != nil {
		return err
	}
	if len(in.Query) > 0 {
		query := u.Query()
		for name, values := range in.Query {
			query[name] = append(query[name], values...)
		}
		u.RawQuery = query.Encode()
	}
	u.RawQuery = plainQuery(u.RawQuery)
	u.Fragment, u.RawFragment = "", ""
	r.url = u
	return nil
}

// plainQuery escapes what must not stand in a query as it is, such as a space,
// which would end the request line.
func plainQuery(query string) string {
	var out strings.Builder
	for _, c := range []byte(query) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&out, "%%%02X", c)
			continue
		}
		out.WriteByte(c)
	}
	return out.String()
}

// checkURL refuses what http.request does not send to.
func checkURL(u *url.URL) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("only http:// and https:// addresses can be reached")
	case u.Hostname() == "":
		return errors.New("it names no host")
	case u.User != nil:
		return errors.New("names and passwords do not belong into an address; send an Authorization header")
	}
	return nil
}

func (r *request) setHeaders(headers map[string]scalar, key string) error {
	r.header.Set("User-Agent", "Tandem")
	r.header.Set("Idempotency-Key", key)
	for name, values := range headers {
		if !httpguts.ValidHeaderFieldName(name) {
			return fmt.Errorf("%q is no name of a header", name)
		}
		if slices.Contains(reserved, http.CanonicalHeaderKey(name)) {
			return fmt.Errorf("%s cannot be set", http.CanonicalHeaderKey(name))
		}
		r.header.Del(name)
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return fmt.Errorf("the value of %s has a line break or another character that headers cannot carry", http.CanonicalHeaderKey(name))
			}
			r.header.Add(name, v)
		}
	}
	return nil
}

// setBody takes a text as it is and everything else as JSON.
func (r *request) setBody(in requestInput) error {
	contentType := ""
	switch {
	case in.Form != nil && len(in.Body) > 0:
		return errors.New("give either body or form")
	case in.Form != nil:
		form := url.Values{}
		for name, values := range in.Form {
			form[name] = values
		}
		r.body, contentType = []byte(form.Encode()), "application/x-www-form-urlencoded"
	case len(in.Body) == 0 || string(in.Body) == "null":
		return nil
	case in.Body[0] == '"':
		var text string
		if err := json.Unmarshal(in.Body, &text); err != nil {
			return err
		}
		r.body, contentType = []byte(text), "text/plain; charset=utf-8"
	default:
		r.body, contentType = in.Body, "application/json"
	}
	if r.header.Get("Content-Type") == "" {
		r.header.Set("Content-Type", contentType)
	}
	return nil
}

// scalar is a text, number or boolean, or a list of them, as texts; null is
// none.
type scalar []string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scalar) UnmarshalJSON(raw []byte) error {
	v, err := workflow.DecodeJSON(raw)
	if err != nil {
		return err
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	*s = nil
	for _, item := range list {
		switch x := item.(type) {
		case nil:
		case string:
			*s = append(*s, x)
		case json.Number:
			*s = append(*s, string(x))
		case bool:
			*s = append(*s, fmt.Sprint(x))
		default:
			return errors.New("a value must be a text, a number, true or false, or a list of them")
		}
	}
	return nil
}

// decodeStrict decodes an input and refuses keys that the action does not know.
func decodeStrict(input json.RawMessage, into any) error {
	if len(input) == 0 {
		input = json.RawMessage("{}")
	}
	dec := json.NewDecoder(bytes.NewReader(input))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return &Error{Code: "bad_input", Message: "`with` does not fit the action: " + strings.TrimPrefix(err.Error(), "json: "), Err: err}
	}
	return nil
}

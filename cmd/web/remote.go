package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// The exit codes of commands that wait for an instance.
const (
	exitEnded   = 4 // the instance failed or was canceled
	exitWaiting = 5 // it had not ended when the time was over
)

// Limits of commands that talk to a server.
const (
	callTimeout = 2 * time.Minute
	maxAnswer   = 32 << 20 // bytes
	maxInput    = 2 << 20  // bytes, of a file or of standard input
)

// remote are the flags of commands that talk to a server over its API.
type remote struct {
	Server        string `help:"Address of the server. (TANDEM_SERVER)" default:"http://127.0.0.1:8080" placeholder:"URL"`
	APIPathPrefix string `help:"Path of the API on the server; ${default} unless given. (TANDEM_API_PATH_PREFIX)" name:"api-path-prefix" default:"/api/v1" placeholder:"/PATH"`

	Token string `help:"API token; rather set it as TANDEM_TOKEN, which other users of the machine cannot see." placeholder:"TOKEN"`
	JSON  bool   `help:"Print what the server answered, as JSON." name:"json"`
}

// problem is a refusal of the server.
type problem struct {
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Pointer string `json:"pointer"`
		Message string `json:"message"`
	} `json:"errors"`
}

// Error gives what happened and each fault of the input.
func (p *problem) Error() string {
	text := p.Detail
	for _, e := range p.Errors {
		if e.Message != p.Detail {
			text += "\n  " + e.Pointer + ": " + e.Message
		}
	}
	return printable(text)
}

// request makes a call below the API's path.
func (r *remote) request(ctx context.Context, method, path string, query url.Values, body any) (*http.Request, error) {
	base, err := url.Parse(strings.TrimRight(r.Server, "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, &exitError{exitUsage, fmt.Errorf("--server %q is no address; write it such as https://tandem.example.com", r.Server)}
	}
	if r.Token == "" {
		return nil, &exitError{exitUsage, errors.New("set TANDEM_TOKEN to an API token; `tandem token create` or your profile page makes one")}
	}
	target := base.String() + strings.TrimRight(r.APIPathPrefix, "/") + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		text = bytes.NewReader(b)
	}
	q, err := http.NewRequestWithContext(ctx, method, target, text)
	if err != nil {
		return nil, err
	}
	if body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	q.Header.Set("Authorization", "Bearer "+r.Token)
	q.Header.Set("User-Agent", "tandem-cli")
	return q, nil
}

// call makes a request and gives its answer as it was written.
func (r *remote) call(ctx context.Context, method, path string, query url.Values, body any, header ...string) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	q, err := r.request(ctx, method, path, query, body)
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] != "" {
			q.Header.Set(header[i], header[i+1])
		}
	}
	a, err := r.do(q)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(io.LimitReader(a.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", r.Server, err)
	}
	return text, nil
}

// do sends a request and turns refusals into errors.
func (r *remote) do(q *http.Request) (*http.Response, error) {
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		if q.Context().Err() != nil {
			return nil, q.Context().Err()
		}
		return nil, fmt.Errorf("%s cannot be reached: %w; check --server and that it runs", r.Server, err)
	}
	if a.StatusCode < http.StatusBadRequest {
		return a, nil
	}
	defer a.Body.Close()
	p := &problem{}
	if err := json.NewDecoder(io.LimitReader(a.Body, maxAnswer)).Decode(p); err != nil || p.Detail == "" {
		return nil, fmt.Errorf("%s answered %s and no problem document; is it Tandem's address?", r.Server, a.Status)
	}
	return nil, p
}

// fetch makes a request and reads its answer into a shape. With --json the
// answer itself is printed and done is true.
func (r *remote) fetch(ctx context.Context, out io.Writer, into any, path string, query url.Values) (done bool, err error) {
	text, err := r.call(ctx, http.MethodGet, path, query, nil)
	if err != nil {
		return false, err
	}
	if r.JSON {
		return true, printJSON(out, text)
	}
	return false, json.Unmarshal(text, into)
}

// printJSON prints an answer, indented.
func printJSON(out io.Writer, text json.RawMessage) error {
	var b bytes.Buffer
	if err := json.Indent(&b, bytes.TrimSpace(text), "", "  "); err != nil {
		return fmt.Errorf("the server's answer is no JSON: %w", err)
	}
	_, err := fmt.Fprintln(out, b.String())
	return err
}

// table prints rows below their heads.
func table(out io.Writer, heads []string, rows [][]string) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(heads, "\t"))
	for _, row := range rows {
		for i, cell := range row {
			row[i] = printable(strings.ReplaceAll(cell, "\n", " "))
		}
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// printable drops what would steer a terminal: texts come from other people.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			return -1
		}
		return r
	}, s)
}

// local shows a time as the reader's clock does; "-" for none.
func local(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

func orDash(s *string) string {
	if s == nil || *s == "" {
		return "-"
	}
	return *s
}

// readObject reads a JSON object: written out, from @FILE, or from "-",
// standard input. Empty is nil.
func readObject(arg, flag string, in io.Reader) (json.RawMessage, error) {
	text := []byte(arg)
	switch file, named := strings.CutPrefix(arg, "@"); {
	case arg == "":
		return nil, nil
	case arg == "-":
		b, err := io.ReadAll(io.LimitReader(in, maxInput))
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		text = b
	case named:
		b, err := readDocument(file)
		if err != nil {
			return nil, err
		}
		text = b
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, &exitError{exitUsage, fmt.Errorf("%s is no JSON object: %w; write it such as '{\"amount\": 5}', @FILE or -", flag, err)}
	}
	return text, nil
}

// paging are the flags of lists.
type paging struct {
	Limit  int    `help:"How many to show, 1 to 200." default:"50" placeholder:"NUMBER"`
	Cursor string `help:"Goes on where the page before ended." placeholder:"CURSOR"`
}

func (p paging) query() url.Values {
	q := url.Values{"limit": {strconv.Itoa(p.Limit)}}
	if p.Cursor != "" {
		q.Set("cursor", p.Cursor)
	}
	return q
}

// page is a list as the server gives it.
type page[T any] struct {
	Items         []T     `json:"items"`
	Total         int     `json:"total"`
	TotalIsCapped bool    `json:"total_is_capped"`
	NextCursor    *string `json:"next_cursor"`
}

// foot tells how many there are, and how to see the rest.
func (p page[T]) foot(err io.Writer) {
	more := ""
	if p.TotalIsCapped {
		more = " or more"
	}
	fmt.Fprintf(err, "%d of %d%s\n", len(p.Items), p.Total, more)
	if p.NextCursor != nil {
		fmt.Fprintf(err, "The next page: --cursor %s\n", *p.NextCursor)
	}
}

func set(q url.Values, name string, values ...string) {
	for _, v := range values {
		if v != "" {
			q.Add(name, v)
		}
	}
}

package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// browser is somebody with cookies who does not follow redirects.
type browser struct {
	t    *testing.T
	base string
	http *http.Client
}

func newBrowser(t *testing.T, base string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, base, &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (b *browser) send(method, path, media, body string, want int) (*http.Response, string) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if media != "" {
		r.Header.Set("Content-Type", media)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin") // as browsers say on a page of this server
	answer, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if answer.StatusCode != want {
		b.t.Fatalf("%s %s: %d, want %d\n%.2000s", method, path, answer.StatusCode, want, text)
	}
	return answer, string(text)
}

func (b *browser) signIn(who string) {
	b.t.Helper()
	answer, _ := b.send("POST", "/login", "application/x-www-form-urlencoded", url.Values{"who": {who}}.Encode(), http.StatusSeeOther)
	if got := answer.Header.Get("Location"); got != "/workflows/" {
		b.t.Errorf("signed in, and sent to %s", got)
	}
}

// TestLeave has Ana ask for leave and Bo grant it, in the pages of Tandem behind
// the login of this program.
func TestLeave(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	calendar := &calendar{}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, listener, "", calendar) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	base := "http://" + listener.Addr().String()

	stranger := newBrowser(t, base)
	for _, path := range []string{"/workflows/", "/workflows/tasks", "/workflows/api/v1/instances"} {
		if answer, _ := stranger.send("GET", path, "", "", http.StatusSeeOther); answer.Header.Get("Location") != "/" {
			t.Errorf("%s: sent to %s, want the program's own page", path, answer.Header.Get("Location"))
		}
	}
	stranger.send("POST", "/workflows/hooks/nothing", "application/json", "{}", http.StatusNotFound) // no login stands before webhooks

	ana, bo := newBrowser(t, base), newBrowser(t, base)
	ana.signIn("ana")
	bo.signIn("bo")
	for _, path := range []string{"/", "/tasks", "/instances", "/definitions", "/definitions/leave_request", "/definitions/leave_request/start", "/profile"} {
		if _, page := ana.send("GET", "/workflows"+path, "", "", http.StatusOK); !strings.Contains(page, "Ana") || strings.Contains(page, `href="/tasks"`) {
			t.Errorf("%s does not name Ana, or has a link without the prefix", path)
		}
	}
	answer, _ := ana.send("POST", "/workflows/definitions/leave_request/start", "application/x-www-form-urlencoded", "days=3", http.StatusSeeOther)
	instance, _, _ := strings.Cut(answer.Header.Get("Location"), "?")
	if !strings.HasPrefix(instance, "/workflows/instances/") {
		t.Fatalf("started, and sent to %s", instance)
	}

	_, list := bo.send("GET", "/workflows/api/v1/tasks?claimable=true", "", "", http.StatusOK)
	var tasks struct {
		Items []struct{ ID, Title string }
	}
	if err := json.Unmarshal([]byte(list), &tasks); err != nil || len(tasks.Items) != 1 {
		t.Fatalf("%v in %s", err, list)
	}
	if got, want := tasks.Items[0].Title, "ana asks for 3 days"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	bo.send("GET", "/workflows/tasks/"+tasks.Items[0].ID, "", "", http.StatusOK)
	ana.send("POST", "/workflows/api/v1/tasks/"+tasks.Items[0].ID+"/complete", "application/json", `{"outcome": "approve"}`, http.StatusForbidden)
	bo.send("POST", "/workflows/tasks/"+tasks.Items[0].ID+"/complete", "application/x-www-form-urlencoded", "_outcome=approve", http.StatusSeeOther)

	for deadline := time.Now().Add(20 * time.Second); ; {
		_, state := ana.send("GET", strings.Replace(instance, "/workflows/", "/workflows/api/v1/", 1), "", "", http.StatusOK)
		if strings.Contains(state, `"status":"completed"`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("not completed: %s", state)
		}
		<-time.After(20 * time.Millisecond)
	}
	if got, want := calendar.entries(), []string{"ana: 24 hours"}; !slices.Equal(got, want) {
		t.Errorf("the calendar has %q, want %q", got, want)
	}
	ana.send("GET", instance, "", "", http.StatusOK)
}

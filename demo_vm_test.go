package tandem

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestDemoVM(t *testing.T) {
	t.Parallel()
	called := make(chan string, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /x/hooks/{token}", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		called <- r.PathValue("token") + " " + string(body)
		w.WriteHeader(http.StatusAccepted)
	})
	demo := &demoVM{next: mux, path: "/x/demo/vm", delay: time.Millisecond, ending: t.Context(), log: slog.New(slog.DiscardHandler)}
	server := httptest.NewServer(demo)
	t.Cleanup(server.Close)
	demo.hooks = server.URL + "/x/hooks/"
	order := func(body string) int {
		t.Helper()
		answer, err := http.Post(server.URL+"/x/demo/vm", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		return answer.StatusCode
	}
	for body, want := range map[string]int{
		`{`: http.StatusBadRequest,
		`{"name":"a","callback":"http://elsewhere.example/hooks/x"}`: http.StatusUnprocessableEntity,
	} {
		if got := order(body); got != want {
			t.Errorf("%s gives %d, want %d", body, got, want)
		}
	}
	if got := order(`{"name":"web-1","size":"small","callback":"` + demo.hooks + `tok"}`); got != http.StatusAccepted {
		t.Fatalf("the order gives %d", got)
	}
	token, body, _ := strings.Cut(<-called, " ")
	var machine struct{ Address string }
	if err := json.Unmarshal([]byte(body), &machine); token != "tok" || err != nil || machine.Address == "" {
		t.Errorf("called %q with %s", token, body)
	}
}

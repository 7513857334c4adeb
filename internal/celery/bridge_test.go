package celery_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tandem"
	"tandem/internal/celery"
	"tandem/internal/db"
	"tandem/internal/db/dbtest"
	"tandem/internal/dispatch/redistest"
)

// house is a Tandem that is served, with a Redis and, once asked for, a worker
// of Celery.
type house struct {
	t     *testing.T
	app   *tandem.Tandem
	url   string
	token string
	redis *redistest.Server
}

const counting = `
format: 1
name: counting
version: 1.0.0
input_schema: {type: object, required: [text], properties: {text: {type: string}}}
steps: [{name: count, type: machine, action: worker, topic: "celery:words.count", with: {text: "{{ data.text }}"}, output: counted}]
`

const slow = `
format: 1
name: slow
version: 1.0.0
steps: [{name: slow, type: machine, action: worker, topic: sums/slow, with: {numbers: 7}, output: sum}]
`

var ana = tandem.Actor{ID: "ana", Name: "Ana", Tenant: "default", Roles: []tandem.Role{"admin"}}

func setup(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, redis: redistest.Start(t)}
	app, err := tandem.New(t.Context(), tandem.Config{DatabaseURL: dbtest.URL(t, db.Migrate), Documents: []any{counting, slow}, Grace: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	h.app = app
	if err := app.CreateUser(t.Context(), tandem.NewUser{Login: "olga", Roles: []string{"operator"}, Password: "correct horse battery"}); err != nil {
		t.Fatal(err)
	}
	if h.token, err = app.CreateToken(t.Context(), "olga", "celery", []string{"worker"}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app.Handler())
	h.url = server.URL
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- app.Run(ctx) }()
	t.Cleanup(func() {
		app.EndStreams()
		server.CloseClientConnections()
		server.Close()
		stop()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		app.Close()
	})
	return h
}

// python gives one that knows Celery.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		cmd := exec.Command(name, "-c", "import celery, redis")
		cmd.Dir = "/"
		if cmd.Run() == nil {
			return name
		}
	}
	t.Fatal("no python3 knows celery: run make deps-test")
	return ""
}

// worker runs a worker of Celery until the test ends, with four threads unless
// told otherwise.
func (h *house) worker(pool ...string) {
	h.t.Helper()
	if pool == nil {
		pool = []string{"--pool", "threads", "--concurrency", "4"}
	}
	examples, err := filepath.Abs("../../docs/workers")
	if err != nil {
		h.t.Fatal(err)
	}
	args := []string{"-m", "celery", "-A", "slow_tasks", "worker", "--loglevel", "warning", "--without-gossip", "--without-mingle", "--without-heartbeat"}
	cmd := exec.Command(python(h.t), append(args, pool...)...)
	cmd.Dir = "testdata"
	cmd.Env = append(os.Environ(), "PYTHONPATH="+examples, "PYTHONDONTWRITEBYTECODE=1", "TANDEM_REDIS=redis+socket://"+h.redis.Socket(), "TEST_SOCKET="+h.redis.Socket())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait() // it was killed
		if h.t.Failed() {
			h.t.Logf("the worker said:\n%s", said.String())
		}
	})
}

// bridge runs a bridge until stop is called or the test ends.
func (h *house) bridge(change func(*celery.Config)) (stop func()) {
	h.t.Helper()
	c := celery.Config{
		Server: h.url, Token: h.token, Broker: "unix://" + h.redis.Socket(), Lock: 3 * time.Second,
		Log: slog.New(slog.NewTextHandler(h.t.Output(), nil)),
	}
	for _, text := range []string{"words.count", "sums/slow=slow"} {
		task, err := celery.ParseTask(text)
		if err != nil {
			h.t.Fatal(err)
		}
		c.Tasks = append(c.Tasks, task)
	}
	if change != nil {
		change(&c)
	}
	b, err := celery.New(c)
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx); close(ended) }()
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Error(err)
		}
	}
	h.t.Cleanup(stop)
	return stop
}

func (h *house) start(name, input string) tandem.ID {
	h.t.Helper()
	in, err := h.app.Engine().Start(h.t.Context(), ana, tandem.StartInput{Definition: name, Input: json.RawMessage(input)})
	if err != nil {
		h.t.Fatal(err)
	}
	return in.ID
}

func (h *house) until(id tandem.ID, want tandem.Status) tandem.Instance {
	h.t.Helper()
	var in tandem.Instance
	eventually(h.t, "the instance is "+string(want), func() bool {
		var err error
		in, err = h.app.Engine().Instance(h.t.Context(), ana, id)
		return err == nil && in.Status == want
	})
	return in
}

// eventually asks every 50 ms until a thing is so, for at most 90 s: Python
// starts slowly on a busy machine.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick, end := time.NewTicker(50*time.Millisecond), time.After(90*time.Second)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("after 90 s still not: %s", what)
		}
	}
}

// TestBridge has a real worker of Celery do steps: results and exceptions come
// back, and nothing is left written down.
func TestBridge(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.worker()
	h.bridge(nil)
	good := h.until(h.start("counting", `{"text": "to be or not"}`), tandem.Completed)
	var data struct {
		Counted struct {
			Words int
			Key   string
		}
	}
	if err := json.Unmarshal(good.Data, &data); err != nil || data.Counted.Words != 4 || data.Counted.Key == "" {
		t.Errorf("data %s, %v; want four words and the key of the step", good.Data, err)
	}
	bad := h.until(h.start("counting", `{"text": " "}`), tandem.Failed)
	if bad.Error == nil || bad.Error.Code != "ValueError" || bad.Error.Message != "there are no words to count" {
		t.Errorf("error %+v, want the exception", bad.Error)
	}
	eventually(t, "nothing is written down", func() bool {
		keys, err := h.redis.Client.Keys(t.Context(), "tandem-celery:*").Result()
		return err == nil && len(keys) == 0
	})
}

// TestBridge_takes_over what another bridge has published, and has it run once.
func TestBridge_takes_over(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.worker()
	stop := h.bridge(func(c *celery.Config) { c.Tasks[1].Name = "slow" })
	id := h.start("slow", `{}`)
	eventually(t, "the task runs", func() bool { return h.redis.Client.Get(t.Context(), "runs").Val() == "1" })
	stop()
	h.bridge(nil)
	if err := h.redis.Client.Set(t.Context(), "go", 1, 0).Err(); err != nil {
		t.Fatal(err)
	}
	h.until(id, tandem.Completed)
	if runs := h.redis.Client.Get(t.Context(), "runs").Val(); runs != "1" {
		t.Errorf("the task ran %s times, want once", runs)
	}
}

// TestBridge_timeout fails a step whose task nobody does.
func TestBridge_timeout(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.bridge(func(c *celery.Config) { c.Timeout = time.Second })
	in := h.until(h.start("counting", `{"text": "x"}`), tandem.Failed)
	if in.Error == nil || in.Error.Code != "celery_timeout" || !strings.Contains(in.Error.Message, "words.count") {
		t.Errorf("error %+v, want celery_timeout", in.Error)
	}
}

func TestParseTask(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]celery.Task{
		"tasks.add":               {Topic: "celery:tasks.add", Name: "tasks.add", Queue: "celery"},
		"tasks.add@slow":          {Topic: "celery:tasks.add", Name: "tasks.add", Queue: "slow"},
		"words/count=tasks.count": {Topic: "words/count", Name: "tasks.count", Queue: "celery"},
		"a=b@c":                   {Topic: "a", Name: "b", Queue: "c"},
	} {
		got, err := celery.ParseTask(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "=x", "a b", "@q", "a="} {
		if _, err := celery.ParseTask(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
}

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	good := celery.Config{Server: "http://localhost", Broker: "redis://localhost", Tasks: []celery.Task{{Topic: "t", Name: "n", Queue: "q"}}}
	for want, change := range map[string]func(*celery.Config){
		"no address such as https": func(c *celery.Config) { c.Server = "localhost:8080" },
		"1 to 50 tasks":            func(c *celery.Config) { c.Tasks = nil },
		"two tasks":                func(c *celery.Config) { c.Tasks = append(c.Tasks, c.Tasks[0]) },
		"address of a Redis":       func(c *celery.Config) { c.Broker = "amqp://localhost" },
		"a lock lasts":             func(c *celery.Config) { c.Lock = time.Second },
	} {
		c := good
		change(&c)
		if _, err := celery.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

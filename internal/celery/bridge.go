package celery

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

// TopicPrefix stands before the topics of tasks that name none.
const TopicPrefix = "celery:"

// Limits of a bridge.
const (
	MaxTasks   = 50 // topics of one fetch
	MaxJobs    = 1000
	fetchMax   = 100
	fetchWait  = "20s"
	firstPause = 200 * time.Millisecond
	lastPause  = 10 * time.Second
	revokeTime = 10 * time.Second   // for a revocation to reach Redis
	glance     = time.Second        // how often a result is looked for whatever was heard
	remember   = 7 * 24 * time.Hour // how long what is under way is written down
	markPrefix = "tandem-celery:"
	metaPrefix = "celery-task-meta-"
)

// Task says which task of Celery does the jobs of a topic.
type Task struct {
	Topic string
	Name  string
	Queue string
}

// ParseTask reads NAME, TOPIC=NAME, each with @QUEUE or without: the topic of a
// task that names none is "celery:NAME", the queue "celery".
func ParseTask(text string) (Task, error) {
	topic, name, named := strings.Cut(text, "=")
	if !named {
		topic, name = "", text
	}
	name, queue, _ := strings.Cut(name, "@")
	t := Task{Topic: cmp.Or(topic, TopicPrefix+name), Name: name, Queue: cmp.Or(queue, "celery")}
	if name == "" || named && topic == "" || strings.ContainsAny(text, " \t\n") {
		return t, fmt.Errorf("%q is no task: write tasks.add, or words/count=tasks.count@queue", text)
	}
	return t, nil
}

// Config is what a Bridge needs.
type Config struct {
	Server  string // address of Tandem, such as https://tandem.example.com
	APIPath string // of its JSON API; empty = /api/v1
	Token   string // with the scope worker, of an operator
	Broker  string // redis://…, rediss://… or unix://…, as Celery has it
	Backend string // where Celery keeps results; empty = the broker
	Tasks   []Task
	Jobs    int           // under way at once; 0 = 32
	Lock    time.Duration // of a job, extended as long as its task is under way; 0 = 1 min
	Timeout time.Duration // of a task, from when it was published; 0 = 1 h

	// Terminate has a task that is under way, or that a worker has reserved,
	// stopped when its step is canceled; otherwise it goes on, unheard.
	Terminate bool

	Name   string       // for the history; empty = celery@ and the machine's name
	Client *http.Client // nil = one of its own
	Log    *slog.Logger // nil = nothing is logged
}

// Bridge carries jobs to Celery's workers. Run runs it.
type Bridge struct {
	Config
	tasks   map[string]Task // by topic
	topics  []string
	broker  *redis.Client
	backend *redis.Client
}

// New checks the settings; it does not connect.
func New(c Config) (*Bridge, error) {
	c.Jobs, c.Lock, c.Timeout = cmp.Or(c.Jobs, 32), cmp.Or(c.Lock, time.Minute), cmp.Or(c.Timeout, time.Hour)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: time.Minute}
	}
	if c.Name == "" {
		host, _ := os.Hostname() // only a name
		c.Name = "celery@" + host
	}
	u, err := url.Parse(c.Server)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("celery: the server %q is no address such as https://tandem.example.com", c.Server)
	case len(c.Tasks) == 0 || len(c.Tasks) > MaxTasks:
		return nil, fmt.Errorf("celery: name 1 to %d tasks", MaxTasks)
	case c.Jobs < 1 || c.Jobs > MaxJobs:
		return nil, fmt.Errorf("celery: %d jobs at once; it must be 1 to %d", c.Jobs, MaxJobs)
	case c.Lock < 3*time.Second || c.Lock > time.Hour || c.Timeout < time.Second:
		return nil, errors.New("celery: a lock lasts 3s to 1h, a task at least 1s")
	}
	c.Server = strings.TrimRight(c.Server, "/") + cmp.Or(strings.TrimRight(c.APIPath, "/"), "/api/v1")
	b := &Bridge{Config: c, tasks: map[string]Task{}}
	for _, t := range c.Tasks {
		if _, twice := b.tasks[t.Topic]; twice {
			return nil, fmt.Errorf("celery: the topic %s has two tasks", t.Topic)
		}
		b.tasks[t.Topic] = t
		b.topics = append(b.topics, t.Topic)
	}
	slices.Sort(b.topics)
	if b.broker, err = connect(c.Broker); err != nil {
		return nil, err
	}
	b.backend = b.broker
	if c.Backend != "" && c.Backend != c.Broker {
		if b.backend, err = connect(c.Backend); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func connect(address string) (*redis.Client, error) {
	options, err := redis.ParseURL(address)
	if err != nil {
		return nil, fmt.Errorf("celery: %q is no address of a Redis such as redis://host:6379/0: %w", address, err)
	}
	return redis.NewClient(options), nil
}

// Run carries jobs until ctx ends. Tasks that are under way then go on; a bridge
// that runs later reports them.
func (b *Bridge) Run(ctx context.Context) error {
	defer b.broker.Close()
	defer b.backend.Close()
	var running sync.WaitGroup
	defer running.Wait()
	free := make(chan struct{}, b.Jobs)
	for range b.Jobs {
		free <- struct{}{}
	}
	pause := firstPause
	for {
		slots := take(ctx, free)
		if slots == 0 {
			return nil
		}
		jobs, err := b.fetch(ctx, slots)
		for range slots - len(jobs) {
			free <- struct{}{}
		}
		if err != nil && ctx.Err() == nil {
			b.Log.Warn("jobs cannot be fetched; this is repeated", "error", err)
			sleep(ctx, pause)
			pause = min(2*pause, lastPause)
			continue
		}
		pause = firstPause
		for _, j := range jobs {
			running.Go(func() {
				defer func() { free <- struct{}{} }()
				b.carry(ctx, j)
			})
		}
	}
}

// take waits for a slot and takes what else is free; 0 when ctx has ended.
func take(ctx context.Context, free chan struct{}) int {
	select {
	case <-free:
	case <-ctx.Done():
		return 0
	}
	for n := 1; ; n++ {
		if n == fetchMax {
			return n
		}
		select {
		case <-free:
		default:
			return n
		}
	}
}

// carry has a task do a job and reports what became of it. A task whose step
// was canceled meanwhile is revoked.
func (b *Bridge) carry(ctx context.Context, j job) {
	log := b.Log.With("instance", j.InstanceID, "step", j.StepName, "job", j.ID)
	lock, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	go b.extend(lock, lose, j, log)
	t, err := b.publish(lock, j)
	if err != nil && lock.Err() == nil {
		log.Warn("a task was not published; the job comes again when its lock ends", "error", err)
		return
	}
	if err == nil {
		log.Debug("a task is under way", "task", t.Task)
		err = b.settle(lock, j, t.mark)
	}
	switch {
	case errors.Is(err, errOver), errors.Is(context.Cause(lock), errOver):
		b.revoke(ctx, j, t, log)
	case lock.Err() != nil: // stopped, or the job is not ours any more
	case err != nil:
		log.Warn("a result was not taken", "error", err)
	default:
		if err := b.broker.Del(context.WithoutCancel(ctx), markPrefix+j.IdempotencyKey).Err(); err != nil {
			log.Warn("what is over is still written down", "error", err)
		}
	}
}

// settle waits for a task to end and reports its job.
func (b *Bridge) settle(lock context.Context, j job, m mark) error {
	wait, cancel := context.WithDeadline(lock, m.Until)
	defer cancel()
	result, err := b.result(wait, m.Task)
	switch {
	case err == nil && result.Status == "SUCCESS":
		return b.report(lock, j, "complete", map[string]any{"output_data": result.Result})
	case err == nil:
		code, text := result.failure()
		return b.report(lock, j, "fail", map[string]any{"code": code, "message": text})
	case lock.Err() != nil:
		return err
	}
	text := fmt.Sprintf("the task %s has not ended within %s", b.tasks[j.Topic].Name, b.Timeout)
	return b.report(lock, j, "fail", map[string]any{"code": "celery_timeout", "message": text})
}

// revoke has a task not begun any more: its message is taken out of the queue,
// and workers hear that it is revoked, in case it comes back. One that is under
// way, or reserved, is stopped if Terminate says so.
func (b *Bridge) revoke(ctx context.Context, j job, t published, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revokeTime)
	defer cancel()
	text, err := revocation(t.Task, b.Terminate)
	if err == nil {
		_, err = b.broker.TxPipelined(ctx, func(p redis.Pipeliner) error {
			if t.text != nil {
				p.LRem(ctx, b.tasks[j.Topic].Queue, 1, t.text)
			}
			p.Publish(ctx, fmt.Sprintf("/%d.%s", b.broker.Options().DB, pidbox), text)
			p.Del(ctx, markPrefix+j.IdempotencyKey)
			return nil
		})
	}
	if err != nil {
		log.Warn("a step was canceled and its task could not be revoked; what it gives is dropped", "task", t.Task, "error", err)
		return
	}
	log.Info("a step was canceled: its task is revoked, and what it gives is dropped", "task", t.Task)
}

// mark is what is written down of a task that is under way.
type mark struct {
	Task  string    `json:"task"`
	Until time.Time `json:"until"`
}

// published is the task that does a job.
type published struct {
	mark
	text []byte // its message; nil when an earlier bridge has published it
}

// publish gives the task that does a job: one that is under way already, or a
// new one. With an error the task may or may not be published.
func (b *Bridge) publish(ctx context.Context, j job) (t published, err error) {
	key := markPrefix + j.IdempotencyKey
	have, err := b.broker.Get(ctx, key).Bytes()
	switch {
	case err == nil && json.Unmarshal(have, &t.mark) == nil:
		return t, nil
	case err != nil && !errors.Is(err, redis.Nil):
		return t, err
	}
	task := b.tasks[j.Topic]
	t.mark = mark{uuid.NewString(), time.Now().Add(b.Timeout).UTC()}
	if t.text, err = message(task, t.Task, j); err != nil {
		return t, err
	}
	note, err := json.Marshal(t.mark)
	if err != nil {
		return t, err
	}
	_, err = b.broker.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, key, note, max(remember, 2*b.Timeout))
		p.SAdd(ctx, "_kombu.binding."+task.Queue, task.Queue+"\x06\x16\x06\x16"+task.Queue) // as kombu declares a queue
		p.LPush(ctx, task.Queue, t.text)
		return nil
	})
	return t, err
}

// result waits until a task has ended.
func (b *Bridge) result(ctx context.Context, id string) (meta, error) {
	heard := b.backend.Subscribe(ctx, metaPrefix+id)
	defer heard.Close()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		text, err := b.backend.Get(ctx, metaPrefix+id).Bytes()
		var m meta
		if err == nil && json.Unmarshal(text, &m) == nil && slices.Contains([]string{"SUCCESS", "FAILURE", "REVOKED"}, m.Status) {
			return m, nil
		}
		select {
		case <-heard.Channel():
		case <-tick.C:
		case <-ctx.Done():
			return meta{}, ctx.Err()
		}
	}
}

func lower(s string) string { return strings.ToLower(s) }

// sleep waits, or less when ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"tandem/internal/workflow"
)

var offerTests = []test{
	{"jobs_come_with_the_commit", offers},
	{"jobs_go_to_those_who_serve_their_queue", offerQueues},
	{"jobs_that_are_not_taken_come_again", offersAgain},
	{"a_shut_desk_leaves_jobs_to_others", shutDesk},
	{"a_stale_transition_leaves_no_job", staleOffers},
	{"work_ends_with_its_context", workEnds},
}

// office is a desk that takes jobs from a store.
type office struct {
	mu     sync.Mutex
	got    []workflow.Offer
	deny   int // so many jobs are refused first
	shut   bool
	turned chan struct{}
}

var errDenied = errors.New("not now")

func (o *office) Take(_ context.Context, j workflow.Offer) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.got = append(o.got, j)
	if o.shut {
		return errDenied
	}
	if o.deny > 0 {
		o.deny--
		return errDenied
	}
	return nil
}

func (o *office) Room() int { return 2 }

func (o *office) Await(ctx context.Context, open bool) bool {
	for ctx.Err() == nil {
		o.mu.Lock()
		if o.turned == nil {
			o.turned = make(chan struct{})
		}
		shut, turned := o.shut, o.turned
		o.mu.Unlock()
		if shut != open {
			return true
		}
		select {
		case <-turned:
		case <-ctx.Done():
		}
	}
	return false
}

// turn opens or shuts the desk.
func (o *office) turn(shut bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.shut = shut
	if o.turned != nil {
		close(o.turned)
	}
	o.turned = make(chan struct{})
}

func (o *office) seen() []workflow.Offer {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.got)
}

// open takes jobs of the queues until the test ends.
func (b *bench) open(o *office, queues ...string) {
	b.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Work(ctx, queues, o) }()
	b.Cleanup(func() {
		stop()
		b.ok("Work", <-ended)
	})
}

// offer stores an instance with steps that lie in queues as jobs.
func (b *bench) offer(queues ...string) []workflow.Offer {
	b.Helper()
	in := b.instance()
	begin := start(in)
	for i, q := range queues {
		e := b.execution(in, queued(q, int64(i)))
		begin.Executions = append(begin.Executions, workflow.Row[workflow.Execution]{Value: e, Created: true})
		begin.Offers = append(begin.Offers, workflow.Offer{InstanceID: in.ID, ExecutionID: e.ID, LeaseNo: e.LeaseNo, Queue: q})
	}
	b.apply(begin)
	return begin.Offers
}

var sortOffers = cmpopts.SortSlices(func(a, b workflow.Offer) bool { return a.ExecutionID.String() < b.ExecutionID.String() })

func offers(b *bench) {
	var o office
	before := b.offer("default", "default")
	b.open(&o, "default")
	b.eventually("the jobs that were there", func() bool { return len(o.seen()) == 2 })
	after := b.offer("default", "default", "default")
	b.eventually("the jobs that came", func() bool { return len(o.seen()) == 5 })
	b.same("jobs", o.seen(), slices.Concat(before, after), sortOffers)
}

func offerQueues(b *bench) {
	var one, both office
	b.open(&one, "gpu")
	want := b.offer("default", "gpu", "big")
	b.eventually("the job of the queue", func() bool { return len(one.seen()) == 1 })
	b.open(&both, "default", "big")
	b.eventually("the jobs of two queues", func() bool { return len(both.seen()) == 2 })
	b.same("jobs of gpu", one.seen(), want[1:2])
	b.same("jobs of the others", both.seen(), []workflow.Offer{want[0], want[2]}, sortOffers)
}

func offersAgain(b *bench) {
	o := office{deny: 2}
	b.open(&o, "default")
	want := b.offer("default")[0]
	b.eventually("the third time", func() bool { return len(o.seen()) == 3 })
	b.same("jobs", o.seen(), []workflow.Offer{want, want, want})
}

func shutDesk(b *bench) {
	var one, other office
	b.open(&one, "default")
	first := b.offer("default")
	b.eventually("the job of an open desk", func() bool { return len(one.seen()) == 1 })
	one.turn(true)
	b.open(&other, "default")
	later := b.offer("default", "default", "default")
	b.eventually("the jobs of the other desk", func() bool { return len(other.seen()) == 3 })
	b.same("jobs of the other desk", other.seen(), later, sortOffers)
	one.turn(false)
	other.turn(true)
	last := b.offer("default")
	b.eventually("the job of the desk that is open again", func() bool {
		got := one.seen()
		return slices.Contains(got, first[0]) && slices.Contains(got, last[0])
	})
}

func staleOffers(b *bench) {
	var o office
	b.open(&o, "default")
	in := b.begin()
	e := b.execution(in, queued("default", 0))
	late := next(in)
	late.From, late.Instance.Version = 7, 8
	late.Executions = created(e)
	late.Offers = []workflow.Offer{{InstanceID: in.ID, ExecutionID: e.ID, Queue: "default"}}
	stale, err := b.Apply(b.Context(), []*workflow.Transition{late})
	b.ok("Apply", err)
	b.same("stale", stale, map[uuid.UUID]bool{in.ID: true})
	want := b.offer("default")
	b.eventually("the job of another", func() bool { return len(o.seen()) > 0 })
	b.same("jobs", o.seen(), want)
}

func workEnds(b *bench) {
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Work(ctx, []string{"default"}, &office{}) }()
	stop()
	select {
	case <-ended: // with an error when it ended before it had begun
	case <-time.After(10 * time.Second):
		b.Error("Work goes on ten seconds after its context has ended")
	}
}

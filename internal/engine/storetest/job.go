package storetest

import (
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var jobTests = []test{
	{"jobs_by_topic_oldest_first", jobsByTopic},
	{"only_jobs_that_wait_are_given", waitingJobs},
	{"jobs_of_other_tenants_are_not_given", jobsOfTenants},
	{"a_job_is_no_process_s", jobsAreNoProcess},
	{"progress_and_topic_are_kept", jobRow},
}

// job makes the step one for external workers.
func job(topic string) func(*workflow.Execution) {
	return func(e *workflow.Execution) { e.Topic = topic }
}

func (b *bench) jobs(tenant string, limit int, topics ...string) []engine.Job {
	b.Helper()
	jobs, err := b.Jobs(b.Context(), tenant, topics, limit)
	b.ok("Jobs", err)
	return jobs
}

func jobOf(e workflow.Execution) engine.Job {
	return engine.Job{InstanceID: e.InstanceID, ExecutionID: e.ID, Topic: e.Topic}
}

func jobsByTopic(b *bench) {
	in, other := b.instance(), b.instance()
	first, ocr, mail := b.execution(in, job("scan")), b.execution(in, job("ocr")), b.execution(in, job("mail"))
	last := b.execution(other, job("scan"))
	b.beginWith(in, ocr, first, mail, b.execution(in))
	b.beginWith(other, last)
	tenant := workflow.DefaultTenant
	b.same("jobs of two topics", b.jobs(tenant, 10, "ocr", "scan"), []engine.Job{jobOf(first), jobOf(ocr), jobOf(last)})
	b.same("at most two", b.jobs(tenant, 2, "ocr", "scan"), []engine.Job{jobOf(first), jobOf(ocr)})
	b.same("of a topic without jobs", b.jobs(tenant, 10, "fax"), []engine.Job{})
	b.same("of no topic", b.jobs(tenant, 10), []engine.Job{})
}

func waitingJobs(b *bench) {
	in := b.instance()
	waits := b.execution(in, job("scan"))
	b.beginWith(in, waits, b.execution(in, job("scan"), leasedBy(newID(), 1)), b.execution(in, job("scan"), succeeded(b.base)),
		b.execution(in, job("scan"), func(e *workflow.Execution) { e.DueAt = ptr(b.base.Add(time.Hour)) }))
	for _, change := range []func(*workflow.Instance){paused(b.base), failed(b.base, "work", "broken"), completed(b.base)} {
		frozen := b.instance(change)
		b.beginWith(frozen, b.execution(frozen, job("scan")))
	}
	b.same("jobs", b.jobs(workflow.DefaultTenant, 10, "scan"), []engine.Job{jobOf(waits)})
}

func jobsOfTenants(b *bench) {
	in := b.instance(func(in *workflow.Instance) { in.Tenant = "other" })
	e := b.execution(in, job("scan"))
	b.beginWith(in, e)
	b.same("jobs of the default tenant", b.jobs(workflow.DefaultTenant, 10, "scan"), []engine.Job{})
	b.same("jobs of the other", b.jobs("other", 10, "scan"), []engine.Job{jobOf(e)})
}

// A process neither leases a job nor loses a worker's lock.
func jobsAreNoProcess(b *bench) {
	in := b.instance()
	b.beginWith(in, b.execution(in, job("scan")), b.execution(in, job("scan"), leasedBy(newID(), 1)))
	b.same("steps for processes", len(b.ready(10, "default")), 0)
	b.same("lost leases", b.lost(0, 10), []engine.LostLease{})
}

func jobRow(b *bench) {
	in := b.instance()
	e := b.execution(in, job("scan"), leasedBy(newID(), 1))
	e.Progress = &workflow.Progress{Percent: ptr(12.5), Message: "page 1 of 8", At: b.base}
	b.beginWith(in, e)
	b.same("execution", b.snapshot(in.ID, engine.Want{}).Executions[e.ID], e)
	e.Progress = nil
	change := next(in)
	change.Executions = updated(e)
	b.apply(change)
	b.same("execution without progress", b.snapshot(in.ID, engine.Want{}).Executions[e.ID], e)
}

package workflow

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// TaskCounts count an instance's tasks: what lists and the dashboard know of
// them without reading any.
type TaskCounts struct {
	Open   int            `json:"o,omitempty"`
	Groups map[string]int `json:"g,omitempty"` // candidate groups of all tasks, of those that have ended too; Anyone counts those open to all
}

// Anyone stands among groups for tasks that are open to everybody. No group has
// that name.
const Anyone = ""

// add counts a task with every group that it is offered to.
func (c *TaskCounts) add(t Task, by int) {
	if t.Status == TaskPending {
		c.Open += by
	}
	if t.Anyone {
		c.addGroup(Anyone, by)
	}
	for _, g := range t.CandidateGroups {
		c.addGroup(g, by)
	}
}

func (c *TaskCounts) addGroup(name string, by int) {
	if c.Groups == nil {
		c.Groups = map[string]int{}
	}
	c.Groups[name] += by
	if c.Groups[name] == 0 {
		delete(c.Groups, name)
	}
}

// Audience lists the groups that see the instance for a task that is or was
// offered to them, in order; Anyone among them stands for everybody.
func (c TaskCounts) Audience() []string {
	if len(c.Groups) == 0 {
		return nil
	}
	groups := make([]string, 0, len(c.Groups))
	for g := range c.Groups {
		groups = append(groups, g)
	}
	slices.Sort(groups)
	return groups
}

// Standing is all that counters know of an instance. Two that are equal count
// the same.
type Standing struct {
	Tenant     string
	Definition Ref
	Audience   string // its groups, each before a U+0000
	Status     Status // empty: the instance counts nowhere
	OpenTasks  int
	Failure    string // of a failed instance: step, line feed, message
	Hour       string // of a completed one: when, as a date, a T and the hour in UTC
	Took       int64  // of a completed one: microseconds from start to end; -1 when it never started
}

// MaxFailure is how many characters of a step's name and of a message count:
// failures that differ only behind them are the same.
const MaxFailure = 200

// Standing gives what counters know of the instance.
func (in *Instance) Standing() Standing {
	s := Standing{Tenant: in.Tenant, Definition: in.Definition, Status: in.Status, OpenTasks: in.State.Tasks.Open}
	if len(in.State.Tasks.Groups) > 0 {
		s.Audience = strings.Join(in.State.Tasks.Audience(), "\x00") + "\x00"
	}
	switch {
	case in.Status == StatusFailed:
		step, message := in.Failure()
		s.Failure = step + "\n" + message
	case in.Status == StatusCompleted && in.CompletedAt != nil:
		s.Hour, s.Took = in.CompletedAt.UTC().Format(HourForm), -1
		if in.StartedAt != nil {
			s.Took = max(0, in.CompletedAt.UnixMicro()-in.StartedAt.UnixMicro())
		}
	}
	return s
}

// Failure gives at which step an instance has failed and with what message, as
// far as both count; both are empty unless it is failed.
func (in *Instance) Failure() (step, message string) {
	if in.Status != StatusFailed || in.Error == nil {
		return "", ""
	}
	return cut(in.Error.Step, MaxFailure), cut(in.Error.Message, MaxFailure)
}

// CountedFailures cuts names of steps, or messages, to what of them counts.
func CountedFailures(texts []string) []string {
	counted := make([]string, len(texts))
	for i, text := range texts {
		counted[i] = cut(text, MaxFailure)
	}
	return counted
}

// Groups lists the audience.
func (s Standing) Groups() []string {
	if s.Audience == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s.Audience, "\x00"), "\x00")
}

// The figures that are counted, each by its own kind of bucket.
const (
	FigureStatus  = "status"  // instances by Status
	FigureTasks   = "tasks"   // open tasks, in the bucket "open"
	FigureFailure = "failure" // failed instances by step, line feed and message
	FigureTook    = "took"    // completed instances by day and TookSlot; Total adds up microseconds
	FigureHour    = "hour"    // completed instances by hour, as in HourForm
)

// HourForm is the layout of the hours that are counted: "2026-03-01T14".
const HourForm = "2006-01-02T15"

// Count is what one bucket of a figure changes by.
type Count struct {
	Figure, Bucket string
	N              int
	Total          int64
}

// Counts lists where an instance of this standing counts.
func (s Standing) Counts() []Count {
	if s.Status == "" {
		return nil
	}
	list := append(make([]Count, 0, 5), Count{Figure: FigureStatus, Bucket: string(s.Status), N: 1})
	if s.OpenTasks != 0 {
		list = append(list, Count{Figure: FigureTasks, Bucket: "open", N: s.OpenTasks})
	}
	if s.Failure != "" {
		list = append(list, Count{Figure: FigureFailure, Bucket: s.Failure, N: 1})
	}
	if day, _, ended := strings.Cut(s.Hour, "T"); ended {
		list = append(list, Count{Figure: FigureTook, Bucket: TookBucket(day, s.Took), N: 1, Total: max(0, s.Took)},
			Count{Figure: FigureHour, Bucket: s.Hour, N: 1})
	}
	return list
}

// TookBucket is the bucket of FigureTook: the day, a space, and the slot in
// three digits, or "-" for an instance that never started.
func TookBucket(day string, took int64) string {
	if took < 0 {
		return day + " -"
	}
	return fmt.Sprintf("%s %03d", day, TookSlot(took))
}

// TookSlot puts durations in microseconds into slots no wider than an eighth of
// what lies in them. Longer ones have higher slots.
func TookSlot(us int64) int {
	if us < 8 {
		return int(max(0, us))
	}
	shift := bits.Len64(uint64(us)) - 4
	return 8*shift + int(us>>shift)
}

// cut gives the first n characters of a text.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

package db

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"
)

// durations are how long instances took, by workflow.TookSlot.
type durations struct{ slots []slot }

type slot struct {
	no, n int
	total int64 // microseconds
}

// add adds what lies in one slot; instances that never started have none.
func (d *durations) add(text string, n int, total int64) {
	no, err := strconv.Atoi(text)
	if err != nil || n <= 0 {
		return
	}
	if i := slices.IndexFunc(d.slots, func(s slot) bool { return s.no == no }); i >= 0 {
		d.slots[i].n += n
		d.slots[i].total += total
		return
	}
	d.slots = append(d.slots, slot{no, n, total})
}

// quantile is the nearest rank's: the mean of the slot that it lies in. It is 0
// when there is none.
func (d *durations) quantile(percent int) time.Duration {
	slices.SortFunc(d.slots, func(a, b slot) int { return cmp.Compare(a.no, b.no) })
	all := 0
	for _, s := range d.slots {
		all += s.n
	}
	rank := (all*percent + 99) / 100
	for _, s := range d.slots {
		if rank -= s.n; rank <= 0 {
			return time.Duration(s.total/int64(s.n)) * time.Microsecond
		}
	}
	return 0
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

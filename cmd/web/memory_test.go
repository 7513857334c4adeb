package main

import "testing"

func TestMemory_excess(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		before, now memory
		floor       uint64
		want        bool
	}{
		"busy":           {memory{made: 0}, memory{made: idleAllocs, held: 2 * idleMemory}, 0, false},
		"idle and big":   {memory{made: 7}, memory{made: 7 + idleAllocs/2, held: idleMemory + 1}, 0, true},
		"idle and small": {memory{made: 7}, memory{made: 7, held: idleMemory}, 0, false},
		"idle, needs it": {memory{made: 7}, memory{made: 7, held: 2 * idleMemory}, 2 * idleMemory, false},
	} {
		if got := one.now.excess(one.before, one.floor); got != one.want {
			t.Errorf("%s: excess = %v", name, got)
		}
	}
	if m := readMemory(); m.made == 0 || m.held == 0 {
		t.Errorf("this process has made %d bytes and holds %d", m.made, m.held)
	}
}

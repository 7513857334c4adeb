package engine

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// FuzzHookToken reads tokens that nobody has signed, and those that we have:
// only the latter are taken, and they give back what they were made of.
func FuzzHookToken(f *testing.F) {
	e := New(Config{Log: slog.New(slog.DiscardHandler), HookKey: []byte("key")})
	id := uuid.MustParse("01234567-89ab-7def-8123-456789abcdef")
	f.Add(e.hookToken(id, "wait", 1, 0), "wait", 1, 0)
	f.Add("", "group.step", 1000, 99_999)
	f.Add(strings.Repeat("A", 4000), "", 0, -1)
	f.Add("AAAA-_==", "w", 1<<40, 1<<40)
	f.Fuzz(func(t *testing.T, token, step string, visit, index int) {
		if got, cmd, err := e.readHookToken(token); err == nil && e.hookToken(got, cmd.Step, cmd.Visit, cmd.Index) != token {
			t.Errorf("%q is taken as %s, %+v, which has another token", token, got, cmd)
		}
		if visit < 0 || index < 0 {
			return
		}
		got, cmd, err := e.readHookToken(e.hookToken(id, step, visit, index))
		if err != nil || got != id || cmd.Step != step || cmd.Visit != visit || cmd.Index != index {
			t.Errorf("%q %d %d gives %s, %+v, %v", step, visit, index, got, cmd, err)
		}
	})
}

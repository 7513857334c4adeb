package db

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"tandem/internal/workflow"
)

// What a column encodes is what Postgres reads.
func TestColumn_round_trip(t *testing.T) {
	t.Parallel()
	d := openInternal(t)
	rapid.Check(t, func(rt *rapid.T) {
		texts := rapid.SliceOf(rapid.StringMatching(`[a-z"\\{},' é🙂\n]*|NULL`)).Draw(rt, "texts")
		numbers := rapid.SliceOfN(rapid.Int64(), len(texts), len(texts)).Draw(rt, "numbers")
		var words, longs, whens column
		at := time.UnixMicro(rapid.Int64Range(-1e15, 4e15).Draw(rt, "time")).UTC()
		for i, s := range texts {
			words.word(s)
			longs.int64(numbers[i])
			whens.when(&at)
		}
		var gotTexts []string
		var gotNumbers []int64
		var gotTimes []time.Time
		var literal []string
		err := d.engine.QueryRow(t.Context(), `SELECT array(SELECT coalesce(w, '') FROM unnest($1::text[]) AS w), $2::bigint[], $3::timestamptz[], $4::text::text[]`,
			&words, &longs, &whens, arrayLiteral(texts)).Scan(&gotTexts, &gotNumbers, &gotTimes, &literal)
		if err != nil {
			rt.Fatalf("query: %v", err)
		}
		if len(texts) == 0 {
			texts, numbers = []string{}, []int64{}
		}
		for what, diff := range map[string]string{
			"texts": cmp.Diff(texts, gotTexts), "literal": cmp.Diff(texts, literal), "numbers": cmp.Diff(numbers, gotNumbers),
		} {
			if diff != "" {
				rt.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		for _, got := range gotTimes {
			if !got.Equal(at) {
				rt.Errorf("time %v, want %v", got, at)
			}
		}
	})
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error
		want workflow.Kind
	}{
		{"canceled by the caller", context.Canceled, workflow.KindInternal},
		{"the caller's deadline", context.DeadlineExceeded, workflow.KindInternal},
		{"statement timeout", &pgconn.PgError{Code: "57014"}, workflow.KindInternal},
		{"unique violation", &pgconn.PgError{Code: "23505"}, workflow.KindInternal},
		{"shut down", &pgconn.PgError{Code: "57P01"}, workflow.KindUnavailable},
		{"starting", &pgconn.PgError{Code: "57P03"}, workflow.KindUnavailable},
		{"disk full", &pgconn.PgError{Code: "53100"}, workflow.KindUnavailable},
		{"closed", io.ErrUnexpectedEOF, workflow.KindUnavailable},
	} {
		if got := workflow.KindOf(wrap("try", c.err)); got != c.want {
			t.Errorf("%s: kind %v, want %v", c.name, got, c.want)
		}
	}
	if err := wrap("try", nil); err != nil {
		t.Errorf("wrap(nil) = %v, want nil", err)
	}
}

func TestRetriable(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"40001": true, "40P01": true, "23505": false} {
		if got := retriable(fmt.Errorf("apply: %w", &pgconn.PgError{Code: code})); got != want {
			t.Errorf("retriable(%s) = %v, want %v", code, got, want)
		}
	}
}

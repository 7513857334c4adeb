package audit

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"tandem/internal/workflow"
)

// Chain gives what Verify reads of one tenant.
type Chain interface {
	// Seals returns up to limit seals after a number, in order.
	Seals(ctx context.Context, tenant string, after int64, limit int) ([]Seal, error)

	// Lines returns the lines that a seal names, in the order of Seq; those that
	// are not there are left out.
	Lines(ctx context.Context, tenant string, seqs []int64) ([]workflow.Record, error)

	// Loose returns how many lines no seal names, though they wait for none.
	Loose(ctx context.Context, tenant string) (int, error)

	// Pending returns how many lines wait for a seal.
	Pending(ctx context.Context, tenant string) (int, error)
}

// Report is what a chain was found to be.
type Report struct {
	Tenant  string
	Seals   int64
	Lines   int64
	Pending int      // lines that wait for a seal
	Head    []byte   // digest of the last seal: kept elsewhere, it shows later whether the chain was cut
	Faults  []string // at most MaxFaults; empty = the chain holds
}

// MaxFaults bounds Report.Faults.
const MaxFaults = 100

// sealsAtOnce is how many seals are read at once.
const sealsAtOnce = 100

// Verify computes a tenant's chain anew and tells where it differs from what is
// stored: lines that were changed or are gone, seals that were changed, are
// gone or out of order, and lines that no seal has.
func Verify(ctx context.Context, c Chain, tenant string) (Report, error) {
	r := Report{Tenant: tenant}
	for {
		seals, err := c.Seals(ctx, tenant, r.Seals, sealsAtOnce)
		if err != nil {
			return r, err
		}
		for _, s := range seals {
			if err := r.check(ctx, c, s); err != nil {
				return r, err
			}
		}
		if len(seals) < sealsAtOnce {
			break
		}
	}
	loose, err := c.Loose(ctx, tenant)
	if err != nil {
		return r, err
	}
	if loose > 0 {
		r.fault("%d lines belong to no seal: they were put in, or their seals were taken away", loose)
	}
	r.Pending, err = c.Pending(ctx, tenant)
	return r, err
}

// check compares one seal with its lines. The chain goes on from what is stored,
// so that one fault is told once.
func (r *Report) check(ctx context.Context, c Chain, s Seal) error {
	for n := r.Seals + 1; n < s.No && len(r.Faults) < MaxFaults; n++ {
		r.fault("seal %d is gone", n)
	}
	lines, err := c.Lines(ctx, r.Tenant, s.Lines)
	if err != nil {
		return err
	}
	for _, seq := range s.Lines {
		if _, found := slices.BinarySearchFunc(lines, seq, func(l workflow.Record, seq int64) int { return int(l.Seq - seq) }); !found {
			r.fault("line %d, sealed at %s, is gone", seq, s.At.UTC().Format("2006-01-02 15:04:05"))
		}
	}
	if len(lines) == len(s.Lines) && !bytes.Equal(Hash(r.Head, s.No, lines), s.Hash) {
		r.fault("seal %d of %s does not fit: one of the lines %d to %d, or a seal before it, was changed",
			s.No, s.At.UTC().Format("2006-01-02 15:04:05"), s.Lines[0], s.Lines[len(s.Lines)-1])
	}
	r.Seals, r.Head = s.No, s.Hash
	r.Lines += int64(len(lines))
	return nil
}

func (r *Report) fault(format string, args ...any) {
	if len(r.Faults) < MaxFaults {
		r.Faults = append(r.Faults, fmt.Sprintf(format, args...))
	}
}

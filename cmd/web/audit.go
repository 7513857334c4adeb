package main

import (
	"context"
	"fmt"
)

type auditVerifyCmd struct{}

// Run prints what each tenant's chain was found to be. Faults make it fail.
func (auditVerifyCmd) Run(ctx context.Context, s *Settings, io std) error {
	app, done, err := s.open(ctx, io)
	if err != nil {
		return err
	}
	defer done()
	reports, err := app.VerifyAudit(ctx)
	if err != nil {
		return err
	}
	faults := 0
	for _, r := range reports {
		fmt.Fprintf(io.out, "%s: %d lines under %d seals, %d to be sealed, head %x\n", r.Tenant, r.Lines, r.Seals, r.Pending, r.Head)
		for _, fault := range r.Faults {
			fmt.Fprintf(io.out, "%s: %s\n", r.Tenant, fault)
		}
		faults += len(r.Faults)
	}
	if faults > 0 {
		return &exitError{exitInvalid, fmt.Errorf("the audit was tampered with, or damaged: %d faults", faults)}
	}
	fmt.Fprintln(io.out, "The audit holds.")
	return nil
}

package tandem

import (
	"context"

	"tandem/internal/audit"
)

// AuditReport is what the audit of one tenant was found to be.
type AuditReport = audit.Report

// VerifyAudit computes the chain of seals of every tenant anew. A chain that
// was cut at its end is seen by comparing a Head that was kept elsewhere.
func (t *Tandem) VerifyAudit(ctx context.Context) ([]AuditReport, error) {
	tenants, err := t.db.AuditedTenants(ctx)
	if err != nil {
		return nil, err
	}
	reports := make([]AuditReport, 0, len(tenants))
	for _, tenant := range tenants {
		r, err := audit.Verify(ctx, t.db, tenant)
		if err != nil {
			return nil, err
		}
		reports = append(reports, r)
	}
	return reports, nil
}

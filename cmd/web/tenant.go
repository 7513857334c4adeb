package main

import (
	"context"
	"fmt"
	"strconv"
	"text/tabwriter"

	"tandem"
)

// tenantLimits are the flags of what a tenant may have: a number, or none.
type tenantLimits struct {
	Live        *ceiling `help:"Instances that have not ended; none for as many as they like." placeholder:"N"`
	Starts      *ceiling `help:"Starts in a minute and a process." placeholder:"N"`
	Definitions *ceiling `help:"Workflows, whatever their versions." placeholder:"N"`
	Users       *ceiling `help:"Accounts that are enabled." placeholder:"N"`
	Storage     *ceiling `help:"Bytes of attachments." placeholder:"N"`
}

// ceiling is a number, or nothing for none.
type ceiling struct{ n *int64 }

// UnmarshalText reads a number or none.
func (l *ceiling) UnmarshalText(text []byte) error {
	if string(text) == "none" {
		return nil
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || n < 0 {
		return fmt.Errorf("%q is no limit: write a number from 0 on, or none", text)
	}
	l.n = &n
	return nil
}

// over gives limits with those that were given in the place of the present ones.
func (f tenantLimits) over(l tandem.TenantLimits) tandem.TenantLimits {
	for _, one := range []struct {
		given *ceiling
		value **int
	}{{f.Live, &l.Live}, {f.Starts, &l.Starts}, {f.Definitions, &l.Definitions}, {f.Users, &l.Users}} {
		if one.given == nil {
			continue
		}
		*one.value = nil
		if one.given.n != nil {
			n := int(*one.given.n)
			*one.value = &n
		}
	}
	if f.Storage != nil {
		l.Storage = f.Storage.n
	}
	return l
}

type tenantCreateCmd struct {
	Name  string `arg:"" help:"Name: small letters, digits and hyphens."`
	Title string `help:"What people call it."`
	tenantLimits
}

// Run makes a tenant.
func (c *tenantCreateCmd) Run(ctx context.Context, s *Settings, io std) error {
	app, done, err := s.open(ctx, io)
	if err != nil {
		return err
	}
	defer done()
	if err := app.CreateTenant(ctx, c.Name, c.Title, c.over(tandem.TenantLimits{})); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%s is there. Make its first administrator with: tandem user create LOGIN --tenant %s --role admin --password-stdin\n", c.Name, c.Name)
	return nil
}

type tenantListCmd struct{}

// Run lists tenants with what they have of what they may have.
func (tenantListCmd) Run(ctx context.Context, s *Settings, io std) error {
	app, done, err := s.open(ctx, io)
	if err != nil {
		return err
	}
	defer done()
	table := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tTITLE\tSTATE\tLIVE\tSTARTS\tDEFINITIONS\tUSERS\tSTORAGE")
	for after := ""; ; {
		page, err := app.Tenants(ctx, after, 200)
		if err != nil {
			return err
		}
		for _, one := range page {
			writeTenant(table, one)
			after = one.Name
		}
		if len(page) < 200 {
			return table.Flush()
		}
	}
}

func writeTenant(table *tabwriter.Writer, t tandem.Tenant) {
	state := "open"
	if t.DeactivatedAt != nil {
		state = "closed"
	}
	starts := "-"
	if t.Limits.Starts != nil {
		starts = fmt.Sprintf("%d/min", *t.Limits.Starts)
	}
	storage := fmt.Sprint(t.Usage.Storage)
	if t.Limits.Storage != nil {
		storage += fmt.Sprintf("/%d", *t.Limits.Storage)
	}
	fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.Name, t.Title, state, used(t.Usage.Live, t.Limits.Live), starts,
		used(t.Usage.Definitions, t.Limits.Definitions), used(t.Usage.Users, t.Limits.Users), storage)
}

// used writes what there is of what may be.
func used(n int, most *int) string {
	if most == nil {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d/%d", n, *most)
}

type tenantLimitsCmd struct {
	Name string `arg:"" help:"Name of the tenant."`
	tenantLimits
}

// Run changes the limits that were given and leaves the others.
func (c *tenantLimitsCmd) Run(ctx context.Context, s *Settings, io std) error {
	app, done, err := s.open(ctx, io)
	if err != nil {
		return err
	}
	defer done()
	t, err := app.Tenant(ctx, c.Name)
	if err != nil {
		return err
	}
	if err := app.LimitTenant(ctx, c.Name, c.over(t.Limits)); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%s has these limits.\n", c.Name)
	return nil
}

type userResetFactorCmd struct {
	Login  string `arg:"" help:"Who has lost the second factor."`
	Tenant string `help:"Tenant of the account; the one that every server has when absent." placeholder:"NAME"`
}

// Run ends a second factor, for the only administrator too: whoever may run
// this on the server has its database anyway.
func (c *userResetFactorCmd) Run(ctx context.Context, s *Settings, io std) error {
	app, done, err := s.open(ctx, io)
	if err != nil {
		return err
	}
	defer done()
	if err := app.ResetSecondFactor(ctx, c.Tenant, c.Login); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%s has no second factor and is signed out everywhere.\n", c.Login)
	return nil
}

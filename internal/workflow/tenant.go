package workflow

// A TenantRef names a tenant in which a person has an account.
type TenantRef struct {
	Name  string
	Title string
}

// TenantLimits bound what a tenant may have; nil is no limit.
type TenantLimits struct {
	Live        *int   // instances that have not ended
	Starts      *int   // of instances, in a minute and a process
	Definitions *int   // workflows, whatever their versions
	Users       *int   // accounts that are enabled
	Storage     *int64 // bytes of attachments
}

// None reports whether nothing is limited.
func (l TenantLimits) None() bool {
	return l.Live == nil && l.Starts == nil && l.Definitions == nil && l.Users == nil && l.Storage == nil
}

// TenantUsage is what a tenant has at present.
type TenantUsage struct {
	Live        int
	Definitions int
	Users       int
	Storage     int64 // bytes
}

// Serves reports whether the actor administers the server and with it all
// tenants: an admin of the tenant that every server has.
func (a Actor) Serves() bool {
	return a.Tenant == DefaultTenant && (a.System || a.Is(RoleAdmin))
}

// HomeTenant is the tenant in which the actor signs in.
func (a Actor) HomeTenant() string {
	if a.Home != "" {
		return a.Home
	}
	return a.Tenant
}

// TenantState is what the engine has to know of a tenant that may not do as it
// likes.
type TenantState struct {
	Limits TenantLimits
	Usage  TenantUsage
	Closed bool // nothing is started
}

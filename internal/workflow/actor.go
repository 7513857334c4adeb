package workflow

import "slices"

// Role is a right that a person holds in the whole of a tenant.
type Role string

// The roles.
const (
	RoleAdmin    Role = "admin"
	RoleOperator Role = "operator"
	RoleAuthor   Role = "author"
	RoleAuditor  Role = "auditor"
	RoleUser     Role = "user"
)

// Roles lists every role.
func Roles() []Role { return []Role{RoleAdmin, RoleOperator, RoleAuthor, RoleAuditor, RoleUser} }

// Actor is who acts: a person, by session or token, or the system itself. It
// comes from the credential only, never from a request's body.
type Actor struct {
	ID     string // login name, or "system:…"
	Name   string // as shown to people
	Tenant string
	Roles  []Role
	Groups []string
	System bool
	Via    string      // "session", "token", "link", "system"
	Scopes []string    // of the token; nil = all of the person's rights
	For    []StandsFor // in whose place the person may decide at present

	Home    string      // tenant of the person's own account; empty = Tenant
	Tenants []TenantRef // where else the person has an account that he may switch to

	// For the audit: what a decision never looks at.
	Caller  string // who really calls, when a token acts as somebody else; empty = the person himself
	Token   string // id of the token
	Address string // IP that the request came from
	Request string // id of the request
}

// StandsFor is somebody whose substitute an actor is at present.
type StandsFor struct {
	Login  string
	Groups []string
}

// DefaultTenant is the tenant of a single-tenant house.
const DefaultTenant = "default"

// systemPrefix begins the ids of system actors; people's logins do not.
const systemPrefix = "system:"

// SystemActor returns the system acting in a tenant for a reason such as
// "timeout".
func SystemActor(tenant, reason string) Actor {
	return Actor{ID: systemPrefix + reason, Name: "Tandem", Tenant: tenant, System: true, Via: "system"}
}

// Is reports whether the actor holds one of the roles. An admin holds them all.
func (a Actor) Is(roles ...Role) bool {
	if slices.Contains(a.Roles, RoleAdmin) {
		return true
	}
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(a.Roles, r) })
}

// SeesAll reports whether the actor sees every instance of his tenant.
func (a Actor) SeesAll() bool { return a.System || a.Is(RoleOperator, RoleAuditor) }

// InGroup reports whether the actor is a member of one of the groups.
func (a Actor) InGroup(groups ...string) bool {
	return slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(a.Groups, g) })
}

// Logins lists the actor's login and those of whom he stands in for.
func (a Actor) Logins() []string {
	logins := []string{a.ID}
	for _, other := range a.For {
		logins = append(logins, other.Login)
	}
	return logins
}

// AllGroups lists the actor's groups and those of whom he stands in for.
func (a Actor) AllGroups() []string {
	groups := slices.Clone(a.Groups)
	for _, other := range a.For {
		groups = append(groups, other.Groups...)
	}
	return groups
}

// Among reports whether the principals name the actor or one of his groups.
func (p Principals) Among(a Actor) bool {
	return slices.Contains(p.Users, a.ID) || a.InGroup(p.Groups...)
}

// MayStart reports whether the actor may start instances of the definition.
func (d *Definition) MayStart(a Actor) bool {
	return a.System || d.Start == nil || a.Is(RoleOperator) || d.Start.Among(a)
}

// MayOperate reports whether the actor may pause, resume, cancel and retry
// instances of the definition.
func (d *Definition) MayOperate(a Actor) bool {
	return a.System || a.Is(RoleOperator) || d.Permissions.Operate.Among(a)
}

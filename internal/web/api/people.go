package api

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tandem/internal/auth"
	"tandem/internal/engine"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

// User is a person's account.
type User struct {
	Login      string     `json:"login"`
	Name       string     `json:"name"`
	Email      string     `json:"email"`
	Lang       string     `json:"lang" doc:"Two letters; empty for what the browser asks for."`
	Roles      []string   `json:"roles" nullable:"false" enum:"admin,operator,author,auditor,user"`
	Groups     []string   `json:"groups" nullable:"false"`
	Status     string     `json:"status" enum:"active,invited,disabled,deleted" doc:"invited: there is no password yet."`
	TenantID   string     `json:"tenant_id"`
	CreatedAt  time.Time  `json:"created_at"`
	DisabledAt *time.Time `json:"disabled_at"`
	DeletedAt  *time.Time `json:"deleted_at"`
}

// PasswordLink sets a password once.
type PasswordLink struct {
	Login     string    `json:"login"`
	Purpose   string    `json:"purpose" enum:"invite,reset"`
	URL       string    `json:"url" doc:"Works once. It is shown in this answer alone; empty when the request is repeated."`
	ExpiresAt time.Time `json:"expires_at"`
}

// Session is a browser in which a person is signed in.
type Session struct {
	ID        string    `json:"id" format:"uuid"`
	Address   string    `json:"address" doc:"From where it was begun."`
	Agent     string    `json:"agent" doc:"What the browser said of itself."`
	CreatedAt time.Time `json:"created_at"`
	UsedAt    time.Time `json:"used_at" doc:"Exact to a minute."`
	ExpiresAt time.Time `json:"expires_at" doc:"Unless it is used."`
	EndsAt    time.Time `json:"ends_at" doc:"Whatever happens."`
}

type (
	userList struct {
		Paging
		Q       string `query:"q" maxLength:"200" doc:"A part of the login, the name or the e-mail address."`
		Group   string `query:"group" maxLength:"63"`
		Role    string `query:"role" enum:"admin,operator,author,auditor,user"`
		Deleted bool   `query:"deleted" doc:"Deleted accounts, too."`
	}
	usersAnswer struct{ Body List[User] }
	userInput   struct {
		Login string `path:"login"`
	}
	userAnswer struct {
		Location string `header:"Location"`
		Replayed
		Body User
	}
	newUserInput struct {
		Once
		Body struct {
			Login  string   `json:"login" doc:"Small letters, digits, dots, underscores and hyphens. It is never given to anyone else."`
			Name   string   `json:"name,omitempty" doc:"The login when absent."`
			Email  string   `json:"email,omitempty"`
			Lang   string   `json:"lang,omitempty"`
			Roles  []string `json:"roles,omitempty" maxItems:"5" doc:"user when absent."`
			Groups []string `json:"groups,omitempty" maxItems:"200" doc:"Made when they are not there."`
		}
	}
	userChange struct {
		Login string `path:"login"`
		Body  struct {
			Name     *string   `json:"name,omitempty"`
			Email    *string   `json:"email,omitempty"`
			Lang     *string   `json:"lang,omitempty"`
			Roles    []string  `json:"roles,omitempty" maxItems:"5" doc:"All of them."`
			Groups   *[]string `json:"groups,omitempty" maxItems:"200" doc:"All of them."`
			Disabled *bool     `json:"disabled,omitempty" doc:"true signs the person out and lets neither sign in nor use tokens."`
		}
	}
	linkInput struct {
		Login string `path:"login"`
		Once
		Body *struct{}
	}
	linkAnswer struct {
		Replayed
		Body PasswordLink
	}
	sessionList struct {
		Login string `path:"login"`
		Paging
	}
	sessionsAnswer struct{ Body List[Session] }
	sessionEnd     struct {
		Login string `path:"login"`
		ID    string `path:"id"`
		Body  *struct{}
	}
	userEnd struct {
		Login string `path:"login"`
		Body  *struct{}
	}
	nothing struct{}
)

// administers is the rule of a route for administrators.
func administers(method, pattern, resource string) Route {
	return Route{Method: method, Pattern: pattern, Guard: guard.Admins, Resource: resource, Write: method != http.MethodGet}
}

func (b *builder) peopleRoutes() {
	const one = "/users/{login}"
	handle(b, endpoint{Route: administers(http.MethodGet, "/users", "users"), ID: "list-users", Summary: "List people"}, b.listUsers)
	handleOnce(b, endpoint{Route: administers(http.MethodPost, "/users", "users"), ID: "create-user", Summary: "Make an account", Status: 201, Refusals: []int{409, 413, 422},
		Doc: "Without a password: the person sets one by a link, or signs in by an identity provider."}, b.createUser, b.userAgain)
	handle(b, endpoint{Route: administers(http.MethodGet, one, "users"), ID: "get-user", Summary: "Get an account", Refusals: []int{404}}, b.getUser)
	handle(b, endpoint{Route: administers(http.MethodPatch, one, "users"), ID: "change-user", Summary: "Change an account", Refusals: []int{404, 409, 413, 422},
		Doc: "Fields that are left out stay as they are."}, b.changeUser)
	handle(b, endpoint{Route: administers(http.MethodDelete, one, "users"), ID: "delete-user", Summary: "Delete an account", Status: 204, Refusals: []int{404, 409},
		Doc: "All but the login is forgotten; tokens and sessions end. The login stays taken."}, b.deleteUser)
	handleOnce(b, endpoint{Route: administers(http.MethodPost, one+"/link", "users"), ID: "create-password-link", Summary: "Make a link that sets a password once", Status: 201, Refusals: []int{404, 409}}, b.linkUser, b.linkAgain)
	handle(b, endpoint{Route: administers(http.MethodDelete, one+"/second-factor", "users"), ID: "reset-second-factor", Summary: "Reset a person's second factor", Status: 204, Refusals: []int{404},
		Doc: "For somebody who has lost it: his password alone signs him in until he sets another one up. His sessions end. One's own is removed in the profile."}, b.resetSecondFactor)
	handle(b, endpoint{Route: administers(http.MethodGet, one+"/sessions", "users"), ID: "list-sessions", Summary: "List a person's sessions", Refusals: []int{404}}, b.listSessions)
	handle(b, endpoint{Route: administers(http.MethodDelete, one+"/sessions", "users"), ID: "end-sessions", Summary: "End all sessions of a person", Status: 204, Refusals: []int{404}}, b.endSessions)
	handle(b, endpoint{Route: administers(http.MethodDelete, one+"/sessions/{id}", "users"), ID: "end-session", Summary: "End a session", Status: 204, Refusals: []int{404}}, b.endSession)
}

// pageBy reads a page of a list that goes by key: the rows after a cursor, or
// after the first offset ones. read gives up to limit rows after a key.
func pageBy[R any](p Paging, total int, key func(R) string, read func(after string, limit int) ([]R, error)) (engine.Page[R], error) {
	page := engine.Page[R]{Limit: p.Limit, Total: min(total, auth.MaxCount), TotalIsCapped: total > auth.MaxCount}
	after := p.Cursor
	if p.Cursor == "" {
		for skip := p.Offset; skip > 0; {
			rows, err := read(after, min(skip, maxRead))
			if err != nil || len(rows) == 0 {
				return page, err
			}
			skip -= len(rows)
			after = key(rows[len(rows)-1])
		}
	}
	rows, err := read(after, min(p.Limit, maxRead))
	if err != nil || len(rows) == 0 {
		return page, err
	}
	page.Items = rows
	last := key(rows[len(rows)-1])
	if more, err := read(last, 1); err != nil || len(more) == 0 {
		return page, err
	}
	page.NextCursor = last
	return page, nil
}

// maxRead bounds the rows that are read at once.
const maxRead = 200

func (a *API) listUsers(ctx context.Context, who workflow.Actor, in *userList) (*usersAnswer, error) {
	f := auth.UserFilter{Tenant: who.Tenant, Query: in.Q, Group: in.Group, Role: workflow.Role(in.Role), Deleted: in.Deleted}
	total, err := a.Accounts.CountUsers(ctx, f)
	if err != nil {
		return nil, err
	}
	page, err := pageBy(in.Paging, total, func(u auth.User) string { return u.Login }, func(after string, limit int) ([]auth.User, error) {
		f.After, f.Limit = after, limit
		return a.Accounts.Users(ctx, f)
	})
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, func(u auth.User) (User, error) { return userOf(u), nil })
	return &usersAnswer{list}, err
}

func userOf(u auth.User) User {
	shape := User{
		Login: u.Login, Name: u.Name, Email: u.Email, Lang: u.Lang, Roles: converted[string](u.Roles), Groups: orEmpty(u.Groups),
		Status: "active", TenantID: u.Tenant, CreatedAt: u.CreatedAt.UTC(), DisabledAt: u.DisabledAt, DeletedAt: u.DeletedAt,
	}
	switch {
	case u.DeletedAt != nil:
		shape.Status = "deleted"
	case u.DisabledAt != nil:
		shape.Status = "disabled"
	case u.PasswordHash == "" && u.Home == "":
		shape.Status = "invited"
	}
	return shape
}

func (a *API) createUser(ctx context.Context, who workflow.Actor, in *newUserInput) (*userAnswer, error) {
	b := in.Body
	u, err := a.Accounts.CreateUser(ctx, who, auth.NewUser{
		Login: b.Login, Name: b.Name, Email: b.Email, Lang: b.Lang, Roles: converted[workflow.Role](b.Roles), Groups: b.Groups,
	})
	if err != nil {
		return nil, err
	}
	return &userAnswer{Location: location(ctx, u.Login), Body: userOf(u)}, nil
}

// userAgain answers a repeated request with the account as it is by now.
func (a *API) userAgain(ctx context.Context, who workflow.Actor, in *newUserInput, _ workflow.KeyUse) (*userAnswer, error) {
	again, err := a.getUser(ctx, who, &userInput{in.Body.Login})
	if err == nil {
		again.Location = location(ctx, again.Body.Login)
	}
	return again, err
}

func (a *API) resetSecondFactor(ctx context.Context, who workflow.Actor, in *userEnd) (*nothing, error) {
	return nil, a.Accounts.ResetSecondFactor(ctx, who, in.Login)
}

func (a *API) getUser(ctx context.Context, who workflow.Actor, in *userInput) (*userAnswer, error) {
	u, err := a.Accounts.User(ctx, who.Tenant, in.Login)
	if err != nil {
		return nil, err
	}
	return &userAnswer{Body: userOf(u)}, nil
}

func (a *API) changeUser(ctx context.Context, who workflow.Actor, in *userChange) (*userAnswer, error) {
	b := in.Body
	if _, err := a.Accounts.User(ctx, who.Tenant, in.Login); err != nil {
		return nil, err
	}
	c := auth.Change{Name: b.Name, Email: b.Email, Lang: b.Lang, Roles: converted[workflow.Role](b.Roles), Groups: b.Groups, Disabled: b.Disabled}
	if err := a.Accounts.UpdateUser(ctx, who, in.Login, c); err != nil {
		return nil, err
	}
	return a.getUser(ctx, who, &userInput{in.Login})
}

func (a *API) deleteUser(ctx context.Context, who workflow.Actor, in *userEnd) (*nothing, error) {
	return nil, a.Accounts.DeleteUser(ctx, who, in.Login)
}

func (a *API) linkUser(ctx context.Context, who workflow.Actor, in *linkInput) (*linkAnswer, error) {
	l, secret, err := a.Accounts.InviteTelling(ctx, who, in.Login, func(l auth.Link) { engine.Remember(ctx, linkOf(l)) })
	if err != nil {
		return nil, err
	}
	answer := &linkAnswer{Body: linkOf(l)}
	answer.Body.URL = a.PublicURL + "/welcome?token=" + secret
	return answer, nil
}

func linkOf(l auth.Link) PasswordLink {
	return PasswordLink{Login: l.Login, Purpose: string(l.Purpose), ExpiresAt: l.ExpiresAt}
}

// linkAgain answers a repeated request without the address.
func (a *API) linkAgain(_ context.Context, _ workflow.Actor, _ *linkInput, use workflow.KeyUse) (*linkAnswer, error) {
	link, err := remembered[PasswordLink](use)
	return &linkAnswer{Body: link}, err
}

func (a *API) listSessions(ctx context.Context, who workflow.Actor, in *sessionList) (*sessionsAnswer, error) {
	if _, err := a.Accounts.User(ctx, who.Tenant, in.Login); err != nil {
		return nil, err
	}
	total := 0
	read := func(after string, limit int) ([]auth.Session, error) {
		id, err := uuidKey(after)
		if err != nil {
			return nil, err
		}
		return a.Accounts.Sessions(ctx, who, in.Login, id, limit)
	}
	all, err := read("", maxRead) // of one person
	if err != nil {
		return nil, err
	}
	total = len(all)
	page, err := pageBy(in.Paging, total, func(s auth.Session) string { return s.ID.String() }, read)
	if err != nil {
		return nil, err
	}
	list, err := listOf(page, func(s auth.Session) (Session, error) {
		return Session{
			ID: s.ID.String(), Address: s.Address, Agent: s.Agent, CreatedAt: s.CreatedAt, UsedAt: s.UsedAt, ExpiresAt: s.EndsAt, EndsAt: s.Deadline,
		}, nil
	})
	return &sessionsAnswer{list}, err
}

func (a *API) endSessions(ctx context.Context, who workflow.Actor, in *userEnd) (*nothing, error) {
	if _, err := a.Accounts.User(ctx, who.Tenant, in.Login); err != nil {
		return nil, err
	}
	_, err := a.Accounts.EndSessions(ctx, who, in.Login, uuid.Nil)
	return nil, err
}

func (a *API) endSession(ctx context.Context, who workflow.Actor, in *sessionEnd) (*nothing, error) {
	id, ok := parseID(in.ID)
	if !ok {
		return nil, auth.ErrSessionNotFound
	}
	return nil, a.Accounts.EndSession(ctx, who, in.Login, id)
}

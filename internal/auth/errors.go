package auth

import "tandem/internal/workflow"

// Sentinels for errors.Is; the errors that are returned may carry a sentence of
// their own.
var (
	ErrUserNotFound    = &workflow.Error{Kind: workflow.KindNotFound, Code: "user_not_found", Message: "There is no such person. Check the spelling of the login name."}
	ErrGroupNotFound   = &workflow.Error{Kind: workflow.KindNotFound, Code: "group_not_found", Message: "There is no such group. Check the spelling of its name."}
	ErrSessionNotFound = &workflow.Error{Kind: workflow.KindNotFound, Code: "session_not_found", Message: "There is no such session; it may have ended already."}
	ErrLinkNotFound    = &workflow.Error{Kind: workflow.KindNotFound, Code: "link_not_found", Message: "This link has been used or has ended. Ask an administrator for another one."}
	ErrSetupClosed     = &workflow.Error{Kind: workflow.KindNotFound, Code: "setup_closed", Message: "Tandem is set up; this page is closed for good. Sign in instead."}
	ErrLastAdmin       = &workflow.Error{Kind: workflow.KindConflict, Code: "last_admin", Message: "This is the last administrator who can sign in. Make somebody else one first."}
	ErrDeleted         = &workflow.Error{Kind: workflow.KindConflict, Code: "account_deleted", Message: "This account is deleted. Its login name stays taken; make another account."}
	ErrTokenNotFound   = &workflow.Error{Kind: workflow.KindNotFound, Code: "token_not_found", Message: "There is no such token, or it is not yours."}
	ErrTenantNotFound  = &workflow.Error{Kind: workflow.KindNotFound, Code: "tenant_not_found", Message: "There is no such tenant, or you have no account in it."}
	ErrTenantTaken     = &workflow.Error{Kind: workflow.KindConflict, Code: "tenant_taken", Message: "There is a tenant of this name. Choose another."}
	ErrTenantClosed    = &workflow.Error{Kind: workflow.KindUnauthorized, Code: "tenant_closed", Message: "This tenant is closed. Ask an administrator of the server to open it again."}
	ErrTooManyUsers    = &workflow.Error{Kind: workflow.KindConflict, Code: "too_many_users", Message: "The tenant has as many accounts as its limit allows. Disable one, or ask an administrator of the server for more."}
	ErrGuest           = &workflow.Error{Kind: workflow.KindConflict, Code: "account_elsewhere", Message: "This person signs in with an account of another tenant, which keeps the password. Set it there."}
	ErrLoginTaken      = &workflow.Error{Kind: workflow.KindConflict, Code: "login_taken", Message: "This login name is taken. Names are never reused; choose another."}
	ErrBadLogin        = &workflow.Error{Kind: workflow.KindUnauthorized, Code: "bad_credentials", Message: "The name or the password is wrong. Check both and try again."}
	ErrDisabled        = &workflow.Error{Kind: workflow.KindUnauthorized, Code: "account_disabled", Message: "This account is disabled. Ask an administrator to enable it."}
	ErrThrottled       = &workflow.Error{Kind: workflow.KindTooMany, Code: "too_many_attempts", Message: "Too many failed attempts to sign in. Wait a quarter of an hour, then try again."}
	ErrBusy            = &workflow.Error{Kind: workflow.KindUnavailable, Code: "sign_in_busy", Message: "Too many people are signing in at this moment. Try again in a few seconds."}
)

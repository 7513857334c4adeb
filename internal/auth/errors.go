package auth

import "tandem/internal/workflow"

// Sentinels for errors.Is; the errors that are returned may carry a sentence of
// their own.
var (
	ErrUserNotFound  = &workflow.Error{Kind: workflow.KindNotFound, Code: "user_not_found", Message: "There is no such person. Check the spelling of the login name."}
	ErrTokenNotFound = &workflow.Error{Kind: workflow.KindNotFound, Code: "token_not_found", Message: "There is no such token, or it is not yours."}
	ErrLoginTaken    = &workflow.Error{Kind: workflow.KindConflict, Code: "login_taken", Message: "This login name is taken. Names are never reused; choose another."}
	ErrBadLogin      = &workflow.Error{Kind: workflow.KindUnauthorized, Code: "bad_credentials", Message: "The name or the password is wrong. Check both and try again."}
	ErrDisabled      = &workflow.Error{Kind: workflow.KindUnauthorized, Code: "account_disabled", Message: "This account is disabled. Ask an administrator to enable it."}
	ErrThrottled     = &workflow.Error{Kind: workflow.KindTooMany, Code: "too_many_attempts", Message: "Too many failed attempts to sign in. Wait a quarter of an hour, then try again."}
	ErrBusy          = &workflow.Error{Kind: workflow.KindUnavailable, Code: "sign_in_busy", Message: "Too many people are signing in at this moment. Try again in a few seconds."}
)

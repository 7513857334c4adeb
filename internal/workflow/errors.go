package workflow

import (
	"errors"
	"fmt"

	"github.com/google/uuid"

	"tandem/internal/workflow/say"
)

// Kind says what sort of refusal an Error is. The set is closed: the web maps
// each kind to one HTTP status.
type Kind int

// The kinds of error.
const (
	KindInternal     Kind = iota // a fault of ours; its text is never shown to people
	KindMalformed                // the request cannot be read (400)
	KindUnauthorized             // nobody is signed in (401)
	KindForbidden                // signed in, but not allowed (403)
	KindNotFound                 // unknown, or not visible to the caller (404)
	KindConflict                 // the state does not allow it (409)
	KindGone                     // it was there and is not any more (410)
	KindStale                    // a version precondition does not hold (412)
	KindTooLarge                 // over a limit (413)
	KindInvalid                  // input fails its schema or rules (422)
	KindTooMany                  // too many requests (429)
	KindUnavailable              // the database or the process cannot serve it at present (503)
)

// Error is a refusal: its kind, a stable code for programs, and a sentence for
// people that says what happened and what to do.
type Error struct {
	Kind    Kind
	Code    string
	Message string
	Fields  []Problem // for KindInvalid: each fault of the input
	Err     error     // the cause, for logs

	Instance uuid.UUID // the instance that stands in the way; zero for none

	Said say.Sayer // Message in every language; nil = in English alone
}

// Problem is one fault of an input: where (a JSON pointer and, for documents,
// line and column counted from 1), what, and a code for programs.
type Problem struct {
	Pointer string `json:"pointer"`
	Message string `json:"message"`
	Code    string `json:"code,omitempty"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`

	Said say.Sayer `json:"-"` // Message in every language; nil = in English alone
}

// problemAt makes a problem of a document at a place.
func problemAt(at place, code string, said say.Sayer) Problem {
	p := Problem{Code: code, Line: at.line, Column: at.column, Said: said}
	p.Message = p.In("en")
	return p
}

// In gives the sentence in a language, in English where there is no other.
func (p Problem) In(lang string) string {
	if p.Said == nil {
		return p.Message
	}
	return say.Capital(p.Said.In(lang))
}

// same reports whether a problem says the same of the same place.
func (p Problem) same(q Problem) bool {
	return p.Pointer == q.Pointer && p.Message == q.Message && p.Code == q.Code && p.Line == q.Line && p.Column == q.Column
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is an Error of the same code, so that the
// sentinels below work with errors.Is.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Errorf returns an Error of the kind and code with a formatted sentence.
func Errorf(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// sayError returns an Error with the sentence of a key of say, whose code is the
// key's.
func sayError(kind Kind, key string, args ...any) *Error {
	said := say.Of(key, args...)
	return &Error{Kind: kind, Code: said.Code(), Message: said.In("en"), Said: said}
}

// In gives the sentence in a language, in English where there is no other.
func (e *Error) In(lang string) string {
	if e.Said == nil {
		return e.Error()
	}
	return e.Said.In(lang)
}

// sayerOf says what an error tells people.
func sayerOf(err error) say.Sayer {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return say.Plain(err.Error())
}

// KindOf returns the kind of the first Error in err's chain, KindInternal when
// there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

// Sentinels for errors.Is; the errors that are returned carry a sentence of
// their own.
var (
	ErrDefinitionNotFound = &Error{Kind: KindNotFound, Code: "definition_not_found", Message: "There is no such workflow."}
	ErrInstanceNotFound   = &Error{Kind: KindNotFound, Code: "instance_not_found", Message: "There is no such instance, or you may not see it."}
	ErrOperationNotFound  = &Error{Kind: KindNotFound, Code: "operation_not_found", Message: "There is no such operation, or you may not see it."}
	ErrTaskNotFound       = &Error{Kind: KindNotFound, Code: "task_not_found", Message: "There is no such task, or you may not see it."}
	ErrHookNotFound       = &Error{Kind: KindNotFound, Code: "hook_not_found", Message: "No step knows this address. Check that the URL is whole."}
	ErrHookUnsigned       = &Error{Kind: KindUnauthorized, Code: "hook_unsigned", Message: "The signature of this call is not accepted. Sign it as the receiver asks, with the current secret and time."}
	ErrJobNotFound        = &Error{Kind: KindNotFound, Code: "job_not_found", Message: "There is no such job. Use the id that fetching has given."}
	ErrHookUsed           = &Error{Kind: KindConflict, Code: "hook_used", Message: "This address has been called before; it works once."}
	ErrJobLost            = &Error{Kind: KindConflict, Code: "lock_lost", Message: "The lock on this job is lost: it ran out, or the job has ended. Stop the work and fetch again."}
	ErrJobCanceled        = &Error{Kind: KindConflict, Code: "job_canceled", Message: "The job was canceled. Stop the work; its result is not wanted any more."}
	ErrAlreadyFinished    = &Error{Kind: KindConflict, Code: "already_finished", Message: "The instance is finished."}
	ErrInvalidTransition  = &Error{Kind: KindConflict, Code: "invalid_transition", Message: "The instance's state does not allow this."}
	ErrTaskCompleted      = &Error{Kind: KindConflict, Code: "task_completed", Message: "The task is completed."}
	ErrTaskClaimed        = &Error{Kind: KindConflict, Code: "task_claimed", Message: "Somebody else has claimed the task."}
	ErrTaskForbidden      = &Error{Kind: KindForbidden, Code: "task_forbidden", Message: "This task is not yours to decide."}
	ErrForbidden          = &Error{Kind: KindForbidden, Code: "forbidden", Message: "You may not do this."}
	ErrUnauthorized       = &Error{Kind: KindUnauthorized, Code: "unauthorized", Message: "Sign in first."}
	ErrVersionExists      = &Error{Kind: KindConflict, Code: "version_exists", Message: "This version exists with other content. Give the changed document a new version."}
	ErrVersionActive      = &Error{Kind: KindConflict, Code: "version_active", Message: "This version is active. Deactivate it first, then delete it."}
	ErrVersionInUse       = &Error{Kind: KindConflict, Code: "version_in_use", Message: "Instances use this version, finished ones too. Wait until retention has removed them, or leave the version inactive."}
	ErrStale              = &Error{Kind: KindConflict, Code: "stale_version", Message: "It has changed since you loaded it. Look at it again, then repeat."}
	ErrInvalidInput       = &Error{Kind: KindInvalid, Code: "invalid_input", Message: "The data does not fit its schema."}
	ErrInvalidDefinition  = &Error{Kind: KindInvalid, Code: "invalid_definition", Message: "The definition has errors."}
	ErrAlreadyRunning     = &Error{Kind: KindConflict, Code: "already_running", Message: "It runs already under this correlation id."}
	ErrUnavailable        = &Error{Kind: KindUnavailable, Code: "unavailable", Message: "The database cannot be reached. Nothing was changed; try again in a moment."}
)

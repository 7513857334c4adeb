package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Precondition is what a change may demand of the thing's version.
type Precondition struct {
	IfMatch string `header:"If-Match" maxLength:"500" doc:"The ETag that the thing must still have, else the answer is 412."`
}

// etag names a version of an instance or task.
func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// holds refuses when the version is none of those that If-Match names.
func (p Precondition) holds(version int64) error {
	if p.IfMatch == "" {
		return nil
	}
	var tags []string
	for tag := range strings.SplitSeq(p.IfMatch, ",") {
		tags = append(tags, strings.TrimSpace(tag))
	}
	if slices.Contains(tags, etag(version)) || p.IfMatch == "*" {
		return nil
	}
	return errStale(version)
}

func errStale(version int64) error {
	return workflow.Errorf(workflow.KindStale, workflow.ErrStale.Code,
		"It has changed since you loaded it and has the version %d. Look at it again, then repeat.", version)
}

// demanded gives the version that the engine must find: the body's, else the
// one that If-Match was compared with, else any.
func (p Precondition) demanded(inBody, seen int64) int64 {
	if inBody != 0 || p.IfMatch == "" || p.IfMatch == "*" {
		return inBody
	}
	return seen
}

// on gives the context in which an instance is changed only as the caller has
// seen it, if he demands that.
func (p Precondition) on(ctx context.Context, seen workflow.Instance) context.Context {
	return engine.Demand(ctx, p.demanded(0, seen.Version))
}

// failed turns the engine's answer to a stale version into that of a
// precondition, when there was one.
func (p Precondition) failed(err error, seen int64) error {
	if p.IfMatch != "" && errors.Is(err, workflow.ErrStale) {
		return errStale(seen)
	}
	return err
}

// Preference is how long an answer may be held.
type Preference struct {
	Prefer string `header:"Prefer" maxLength:"500" doc:"wait=N holds the answer, for at most N seconds (1 to 30), until the instance waits, is paused, failed or finished." example:"wait=5"`
}

func (p Preference) preference() Preference { return p }

// wait gives the time that the caller wants to wait; 0 when he does not say, or
// not in a way that can be read: preferences are no demands.
func (p Preference) wait() time.Duration {
	for part := range strings.SplitSeq(p.Prefer, ",") {
		seconds, ok := strings.CutPrefix(strings.TrimSpace(part), "wait=")
		if n, err := strconv.Atoi(seconds); ok && err == nil && n > 0 {
			return min(time.Duration(min(n, 3600))*time.Second, maxWait)
		}
	}
	return 0
}

// settled holds an answer as the caller prefers, and says so in a header.
func (a *API) settled(ctx context.Context, in workflow.Instance, p Preference) (_ workflow.Instance, applied string, err error) {
	wait := p.wait()
	if wait == 0 {
		return in, "", nil
	}
	in, err = a.waited(ctx, in, wait)
	return in, fmt.Sprintf("wait=%d", wait/time.Second), err
}

// waited waits for an instance, no longer than the server runs.
func (a *API) waited(ctx context.Context, in workflow.Instance, atMost time.Duration) (workflow.Instance, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(a.Closing, stop)()
	return a.Engine.Wait(ctx, in, atMost)
}

// asError gives the refusal in an error's chain, nil when there is none.
func asError(err error) *workflow.Error {
	var e *workflow.Error
	errors.As(err, &e)
	return e
}

// claimed refuses a name in a body that is not the caller's: who acts comes
// from the credential alone.
func claimed(who workflow.Actor, field, value, own string) error {
	if value == "" || value == own {
		return nil
	}
	e := workflow.Errorf(workflow.KindForbidden, workflow.ErrForbidden.Code,
		"You act as %s of the tenant %s; the field %s names somebody else. Leave it out.", who.ID, who.Tenant, field)
	e.Fields = []workflow.Problem{{Pointer: "/" + field, Message: e.Message, Code: "not_you"}}
	return e
}

// at is the address of something of this API, below the prefix of the whole
// server.
func (a *API) at(ctx context.Context, path string) string {
	before, _, _ := strings.Cut(callFrom(ctx).r.URL.Path, a.Prefix)
	return before + a.Prefix + path
}

// location is the path of a thing below the path that was asked for.
func location(ctx context.Context, id string) string {
	return strings.TrimSuffix(callFrom(ctx).r.URL.Path, "/") + "/" + id
}

package workflow

import (
	"regexp"
	"strings"
	"time"
)

// HookProof tells how a webhook's call was verified, and what it was.
type HookProof struct {
	Verify             // by which it was verified
	Body        string // as it was signed, up to MaxHookBody; empty when it is longer
	BodySHA256  string // of the whole body, in hex
	ContentType string
}

// MaxHookBody bounds the signed bodies that are kept with their event, in
// bytes. The result of the step is kept whatever its length.
const MaxHookBody = 64 << 10

// ErrHookMoved refuses a call that was verified by what its step no longer
// wants: the instance was moved to another version at the same moment.
var ErrHookMoved = Errorf(KindUnavailable, "hook_moved", "The workflow has changed at this moment. Nothing was changed; send the call again.")

// meets refuses a call that was not verified as its step wants it.
func (p *HookProof) meets(v *Verify) error {
	switch {
	case p == nil && v == nil:
		return nil
	case p == nil:
		return ErrHookUnsigned
	case v == nil || p.Verify != *v:
		return ErrHookMoved
	}
	return nil
}

// detail adds what is kept of the call to the detail of its event.
func (p *HookProof) detail(detail map[string]any) map[string]any {
	if p == nil {
		return detail
	}
	detail["scheme"], detail["secret"], detail["body_sha256"] = p.Scheme, p.Secret, p.BodySHA256
	if p.ContentType != "" {
		detail["content_type"] = p.ContentType
	}
	if p.Body != "" {
		detail["body"] = p.Body
	}
	return detail
}

// secretName is what secrets are called.
var secretName = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,62}$`)

// maxTolerance bounds how old a call may be.
const maxTolerance = 24 * time.Hour

// untimedScheme is the scheme whose calls do not say when they were signed.
const untimedScheme = "github"

// verify reads how calls of a webhook's address are signed.
func (p *parsing) verify(n *node) *Verify {
	if n == nil || n.kind != objectNode {
		return nil
	}
	v := &Verify{Scheme: n.get("scheme").string(), Secret: n.get("secret").string()}
	if secret := n.get("secret"); secret != nil && !secretName.MatchString(v.Secret) {
		p.fault(secret, "bad_secret")
	}
	tolerance := n.get("tolerance")
	if tolerance == nil {
		return v
	}
	after, err := ParseDuration(tolerance.text)
	switch {
	case v.Scheme == untimedScheme:
		p.fault(tolerance, "unused.tolerance")
	case strings.Contains(tolerance.text, "{{"):
		p.fault(tolerance, "wrong_value.tolerance")
	case err != nil:
		p.faultOf(tolerance, "bad_duration", err)
	case after <= 0 || after > maxTolerance:
		p.fault(tolerance, "bad_duration.tolerance")
	}
	v.Tolerance = after
	return v
}

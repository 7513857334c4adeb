package workflow

import (
	"regexp"

	"tandem/internal/workflow/expr"
	"tandem/internal/workflow/say"
)

var messageName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,62}$`)

// ValidMessageName reports whether a message can have the name.
func ValidMessageName(name string) bool { return messageName.MatchString(name) }

// stepMessage reads what message a webhook step waits for.
func (p *parsing) stepMessage(n *node) *StepMessage {
	if n == nil || n.kind != objectNode {
		return nil
	}
	return &StepMessage{Name: p.name(n.get("name"), messageName, "part.title.message_of"), Key: p.text(n.get("key"))}
}

// startOn reads what message starts an instance.
func (p *parsing) startOn(n *node) *StartOn {
	if n == nil || n.kind != objectNode {
		return nil
	}
	return &StartOn{
		Message: p.name(n.get("message"), messageName, "part.title.message_of"),
		Key:     p.program(p.outside("data", "now"), n.get("key")),
	}
}

// outside is the environment of expressions that are evaluated while there is
// no instance.
func (p *parsing) outside(vars ...string) *expr.Env {
	env, err := expr.NewEnv(expr.Options{
		Vars: vars, Functions: p.envs.functions, Reserved: map[string]say.Phrase{"secrets": say.Of(whyNoSecrets)},
	})
	if err != nil {
		p.broken = err
		return p.envs.base
	}
	return env
}

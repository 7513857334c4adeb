package workflow

import (
	"regexp"
	"strings"

	"tandem/internal/workflow/say"
)

// ActionWorker is the action of steps that external programs do: a process
// never runs it.
const ActionWorker = "worker"

// topicName is what a topic may be.
var topicName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$`)

var topicRule = say.Of("part.rule.topic")

// CheckTopic refuses a text that cannot be a topic.
func CheckTopic(topic string) error {
	if topicName.MatchString(topic) {
		return nil
	}
	return sayError(KindInvalid, "bad_topic", clipped(topic), topicRule)
}

// topic reads which external programs do the step: needed with the action
// worker, out of place otherwise.
func (p *parsing) topic(step *node) *Setting {
	action, n := step.get("action"), step.get("topic")
	switch {
	case n == nil && action.string() == ActionWorker:
		p.fault(action, "required.topic", ActionWorker)
	case n == nil || n.kind != textNode:
	case action.string() != ActionWorker:
		p.fault(n, "unused.topic", ActionWorker, clipped(action.string()))
	default:
		s := p.setting(n)
		if s != nil && s.Program == nil && !strings.Contains(s.Text, "{{") && CheckTopic(s.Text) != nil {
			p.fault(n, "bad_topic", clipped(s.Text), topicRule)
		}
		return s
	}
	return nil
}

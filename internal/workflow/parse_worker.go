package workflow

import (
	"regexp"
	"strings"
)

// ActionWorker is the action of steps that external programs do: a process
// never runs it.
const ActionWorker = "worker"

// topicName is what a topic may be.
var topicName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$`)

const topicRule = "A topic begins with a letter or a digit and goes on with letters, digits and . _ : / - up to 100 characters."

// CheckTopic refuses a text that cannot be a topic.
func CheckTopic(topic string) error {
	if topicName.MatchString(topic) {
		return nil
	}
	return Errorf(KindInvalid, "bad_topic", "%q cannot be a topic. %s", clipped(topic), topicRule)
}

// topic reads which external programs do the step: needed with the action
// worker, out of place otherwise.
func (p *parsing) topic(step *node) *Setting {
	action, n := step.get("action"), step.get("topic")
	switch {
	case n == nil && action.string() == ActionWorker:
		p.fault(action, "required", "The action %q needs a \"topic\": the name under which external workers fetch the step.", ActionWorker)
	case n == nil || n.kind != textNode:
	case action.string() != ActionWorker:
		p.fault(n, "unused", "\"topic\" belongs to the action %q; with %q it would do nothing.", ActionWorker, clipped(action.string()))
	default:
		s := p.setting(n)
		if s != nil && s.Program == nil && !strings.Contains(s.Text, "{{") && CheckTopic(s.Text) != nil {
			p.fault(n, "bad_topic", "%q cannot be a topic. %s", clipped(s.Text), topicRule)
		}
		return s
	}
	return nil
}

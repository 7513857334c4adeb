package views

import "github.com/a-h/templ"

// TaskTalk is what people do about a task beside deciding it.
type TaskTalk struct {
	Comments []TaskComment
	Add      *FormBox // nil when the viewer may not comment
	Delegate *FormBox // nil when there is nothing to delegate
	Return   *FormBox // nil unless the viewer has it for somebody else, or may take it back
	Proposal *TaskProposal
}

// TaskComment is one comment.
type TaskComment struct {
	ID     string
	Author string
	At     Moment
	Text   templ.Component
}

// TaskProposal is what somebody proposes to decide.
type TaskProposal struct {
	Title string
	Note  string
	Rows  []DataRow
}

package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Proposal is what somebody proposes to decide.
type Proposal struct {
	By         string  `json:"by"`
	Outcome    *string `json:"outcome"`
	OutputData Object  `json:"output_data"`
	Comment    *string `json:"comment"`
}

// Comment is what somebody has said about a task.
type Comment struct {
	ID     string    `json:"id" format:"uuid"`
	Author string    `json:"author"`
	Text   string    `json:"text" doc:"Markdown."`
	At     time.Time `json:"at"`
}

type (
	delegateInput struct {
		ID string `path:"id"`
		Precondition
		Once
		Body struct {
			Behalf
			To      string `json:"to,omitempty" doc:"The login of who prepares the decision."`
			Reason  string `json:"reason,omitempty" doc:"Kept in the history."`
			Version int64  `json:"version,omitempty" minimum:"1" doc:"That the task must still have."`
		}
	}
	returnInput struct {
		ID string `path:"id"`
		Precondition
		Once
		Body *struct {
			Behalf
			OutputData Object `json:"output_data,omitempty" doc:"What could be decided; it need not fit the form."`
			Outcome    string `json:"outcome,omitempty"`
			Comment    string `json:"comment,omitempty"`
			Version    int64  `json:"version,omitempty" minimum:"1" doc:"That the task must still have."`
		}
	}
	commentInput struct {
		ID string `path:"id"`
		Once
		Body struct {
			Behalf
			Text string `json:"text,omitempty" doc:"Markdown, at most 10,000 characters."`
		}
	}
	commentAnswer struct {
		Replayed
		Body Comment
	}
)

// talkRoutes are what people do about a task beside having and deciding it.
func (b *builder) talkRoutes(one string) {
	handleOnce(b, endpoint{Route: changes(one+"/delegate", "tasks"), ID: "delegate-task", Summary: "Have somebody else prepare a decision", Refusals: verbRefusals,
		Doc: "The other one cannot decide: he returns the task with a proposal, and its owner decides."}, b.delegateTask, taskAgain[delegateInput](b.API))
	handleOnce(b, endpoint{Route: changes(one+"/return", "tasks"), ID: "return-task", Summary: "Give a delegated task back to its owner", Refusals: verbRefusals,
		Doc: "Its owner and operators can take it back too, without a proposal."}, b.returnTask, taskAgain[returnInput](b.API))
	handleOnce(b, endpoint{Route: changes(one+"/comments", "tasks"), ID: "comment-task", Summary: "Comment on a task", Status: 201, Refusals: verbRefusals,
		Doc: "Comments change neither the task nor its version. Everyone who has a part in the task may write them."}, b.commentTask, b.commentAgain)
}

func (a *API) delegateTask(ctx context.Context, who workflow.Actor, in *delegateInput) (*taskAnswer, error) {
	seen, err := a.seenTask(ctx, who, in.ID, in.Precondition)
	if err != nil {
		return nil, err
	}
	if _, err := a.Engine.DelegateTask(ctx, who, seen.ID, in.Body.To, in.Body.Reason, in.demanded(in.Body.Version, seen.Version)); err != nil {
		return nil, in.failed(err, seen.Version)
	}
	return a.changedTask(ctx, who, seen.ID)
}

func (a *API) returnTask(ctx context.Context, who workflow.Actor, in *returnInput) (*taskAnswer, error) {
	seen, err := a.seenTask(ctx, who, in.ID, in.Precondition)
	if err != nil {
		return nil, err
	}
	var c engine.Completion
	if in.Body != nil {
		c = engine.Completion{Output: in.Body.OutputData.raw(""), Outcome: in.Body.Outcome, Comment: in.Body.Comment, Version: in.Body.Version}
	}
	c.Version = in.demanded(c.Version, seen.Version)
	if _, err := a.Engine.ReturnTask(ctx, who, seen.ID, c); err != nil {
		return nil, in.failed(err, seen.Version)
	}
	return a.changedTask(ctx, who, seen.ID)
}

func (a *API) commentTask(ctx context.Context, who workflow.Actor, in *commentInput) (*commentAnswer, error) {
	seen, err := a.task(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	c, err := a.Engine.CommentTask(ctx, who, seen.ID, in.Body.Text)
	if err != nil {
		return nil, err
	}
	return &commentAnswer{Body: commentOf(c)}, nil
}

// commentAgain answers a repeated comment with what was said by the caller with
// the same words last.
func (a *API) commentAgain(ctx context.Context, who workflow.Actor, in *commentInput, _ workflow.KeyUse) (*commentAnswer, error) {
	seen, err := a.task(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	comments, err := a.Read.Comments(ctx, who, seen.ID)
	for _, c := range slices.Backward(comments) {
		if c.Author == who.ID && c.Text == in.Body.Text {
			return &commentAnswer{Body: commentOf(c)}, nil
		}
	}
	return nil, cmp.Or(err, error(workflow.ErrTaskNotFound))
}

func commentOf(c workflow.Comment) Comment {
	return Comment{ID: c.ID.String(), Author: c.Author, Text: c.Text, At: c.At}
}

func proposalOf(p *workflow.Proposal) *Proposal {
	if p == nil {
		return nil
	}
	return &Proposal{By: p.By, Outcome: orNull(p.Outcome), OutputData: Object(p.Output), Comment: orNull(p.Comment)}
}

package engine

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"tandem/internal/filetype"
	"tandem/internal/form"
	"tandem/internal/workflow"
)

// Limits of attachments.
const (
	MaxAttachment       = 10 << 20 // bytes of one file
	MaxLooseAttachments = 50       // of one person, uploaded and not yet sent with data
	maxNamed            = 100      // in one value

	looseLife = 24 * time.Hour      // of an upload that no data name
	draftLife = 30 * 24 * time.Hour // of an upload that a draft names, since it was saved
	bindLife  = time.Hour           // until somebody looks whether the instance was made
)

// An Attachment is a file beside the data.
type Attachment struct {
	ID         uuid.UUID
	Tenant     string
	InstanceID uuid.UUID // that it is bound to; zero while it is loose
	Name       string
	Type       string // media type, found out from the content
	Size       int64
	By         string
	At         time.Time
	ExpiresAt  *time.Time
}

// Ref is the value by which data name the attachment.
func (a Attachment) Ref() string {
	return form.Attachment{ID: a.ID.String(), Name: a.Name, Type: a.Type, Size: a.Size}.Ref()
}

// AttachmentStore keeps files.
type AttachmentStore interface {
	// SaveAttachment stores a loose file; ErrTooManyAttachments when the person
	// has MaxLooseAttachments already, ErrKeyTaken when the key was used.
	SaveAttachment(ctx context.Context, a Attachment, content []byte, key *workflow.RequestKey) error

	// Attachments returns those of the ids that exist in the tenant.
	Attachments(ctx context.Context, tenant string, ids []uuid.UUID) ([]Attachment, error)

	// AttachmentContent returns a file's bytes, ErrAttachmentNotFound when there
	// is none.
	AttachmentContent(ctx context.Context, tenant string, id uuid.UUID) ([]byte, error)

	// KeepAttachments lets files that expire live until a time at least, and
	// binds loose ones to an instance unless that is the zero id.
	KeepAttachments(ctx context.Context, tenant string, ids []uuid.UUID, instance uuid.UUID, until time.Time) error

	// SweepAttachments looks at up to limit files whose time has come: those of
	// an instance that exists are kept, the others deleted. It gives how many
	// were deleted.
	SweepAttachments(ctx context.Context, limit int) (int, error)
}

// Refusals of attachments.
var (
	ErrAttachmentNotFound = workflow.Errorf(workflow.KindNotFound, "attachment_not_found",
		"There is no such file, or you may not see it.")
	ErrTooManyAttachments = workflow.Errorf(workflow.KindTooMany, "too_many_attachments",
		"You have uploaded %d files that no form has been sent with. Send or wait: they are deleted within a day.", MaxLooseAttachments)
)

// Attach stores a file that the actor uploads, for data that he sends later. The
// content has to be what the name claims.
func (e *Engine) Attach(ctx context.Context, actor workflow.Actor, name string, content []byte) (Attachment, error) {
	name = fileName(name)
	switch {
	case len(content) > MaxAttachment:
		return Attachment{}, workflow.Errorf(workflow.KindTooLarge, "too_large", "%s is larger than 10 MB. Choose a smaller file.", name)
	case len(content) == 0:
		return Attachment{}, workflow.Errorf(workflow.KindInvalid, "file_empty", "%s is empty. Choose another file.", name)
	}
	media, err := filetype.Check(name, content)
	if err != nil {
		return Attachment{}, workflow.Errorf(workflow.KindInvalid, "file_type", "%s cannot be taken: %s.", name, err)
	}
	if err := e.quotas.keep(ctx, actor.Tenant, int64(len(content))); err != nil {
		return Attachment{}, err
	}
	expires := e.now().Add(looseLife)
	a := Attachment{ID: e.newID(), Tenant: actor.Tenant, Name: name, Type: media, Size: int64(len(content)), By: actor.ID, At: e.now(), ExpiresAt: &expires}
	Remember(ctx, a.ID)
	return a, e.storage.SaveAttachment(ctx, a, content, keyOf(ctx))
}

// fileName gives the last part of a path without control characters, at most 200
// characters long; the ending stays.
func fileName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, name))
	if runes := []rune(name); len(runes) > 200 {
		name = string(runes[:100]) + "…" + string(runes[len(runes)-99:])
	}
	if name == "" {
		return "file"
	}
	return name
}

// Attachment returns a file that the actor may see: his own as long as no data
// name it. Whether he may see the instance that it is bound to, the caller finds
// out before he asks for the content.
func (e *Engine) Attachment(ctx context.Context, actor workflow.Actor, id uuid.UUID) (Attachment, error) {
	found, err := e.storage.Attachments(ctx, actor.Tenant, []uuid.UUID{id})
	if err != nil {
		return Attachment{}, err
	}
	if len(found) == 0 || found[0].InstanceID == uuid.Nil && found[0].By != actor.ID {
		return Attachment{}, ErrAttachmentNotFound
	}
	return found[0], nil
}

// AttachmentContent returns the bytes of a file that Attachment gave.
func (e *Engine) AttachmentContent(ctx context.Context, a Attachment) ([]byte, error) {
	return e.storage.AttachmentContent(ctx, a.Tenant, a.ID)
}

// bind binds the files that data name to the instance that the data belong to.
// It refuses files that do not exist, that another person uploaded, or that
// belong to another instance.
func (e *Engine) bind(ctx context.Context, actor workflow.Actor, data json.RawMessage, instance uuid.UUID, pointer string) error {
	named := form.NamedIn(data)
	if len(named) == 0 {
		return nil
	}
	ids, err := e.checkNamed(ctx, actor, named, instance, pointer)
	if err != nil {
		return err
	}
	return e.storage.KeepAttachments(ctx, actor.Tenant, ids, instance, e.now().Add(bindLife))
}

func (e *Engine) checkNamed(ctx context.Context, actor workflow.Actor, named []form.Attachment, instance uuid.UUID, pointer string) ([]uuid.UUID, error) {
	if len(named) > maxNamed {
		return nil, workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "The data name %d files; at most %d are taken.", len(named), maxNamed)
	}
	ids := idsOf(named)
	found, err := e.storage.Attachments(ctx, actor.Tenant, ids)
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(found))
	for _, a := range found {
		if a.InstanceID == instance && instance != uuid.Nil || a.InstanceID == uuid.Nil && a.By == actor.ID {
			known[a.Ref()] = true
		}
	}
	refusal := workflow.Errorf(workflow.KindInvalid, "attachment_not_found", "A file that the data name cannot be found, or is not yours. Upload it again.")
	for _, a := range named {
		if !known[a.Ref()] {
			refusal.Fields = append(refusal.Fields, workflow.Problem{Pointer: pointer, Code: refusal.Code, Message: a.Name + " cannot be found, or is not yours. Upload it again."})
		}
	}
	if len(refusal.Fields) > 0 {
		return nil, refusal
	}
	return ids, nil
}

// prolong keeps the actor's own loose files that a draft names.
func (e *Engine) prolong(ctx context.Context, actor workflow.Actor, named []form.Attachment) error {
	if len(named) == 0 {
		return nil
	}
	found, err := e.storage.Attachments(ctx, actor.Tenant, idsOf(named[:min(len(named), maxNamed)]))
	if err != nil {
		return err
	}
	var own []uuid.UUID
	for _, a := range found {
		if a.By == actor.ID && a.InstanceID == uuid.Nil {
			own = append(own, a.ID)
		}
	}
	return e.storage.KeepAttachments(ctx, actor.Tenant, own, uuid.Nil, e.now().Add(draftLife))
}

func idsOf(named []form.Attachment) []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(named))
	for _, a := range named {
		if id, err := uuid.Parse(a.ID); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// bindOutput binds the files that a decision names. A decision that is refused
// afterwards leaves them with the instance, which they go with.
func (e *Engine) bindOutput(ctx context.Context, actor workflow.Actor, task uuid.UUID, output json.RawMessage) error {
	if len(form.NamedIn(output)) == 0 {
		return nil
	}
	if err := e.mayDraft(ctx, actor, task); err != nil {
		return nil //nolint:nilerr // the decision itself is refused, with its own words
	}
	id, err := e.storage.InstanceOfTask(ctx, actor.Tenant, task)
	if err != nil {
		return err
	}
	return e.bind(ctx, actor, output, id, "")
}

// AttachToTask is Attach for who may decide a task.
func (e *Engine) AttachToTask(ctx context.Context, actor workflow.Actor, task uuid.UUID, name string, content []byte) (Attachment, error) {
	if err := e.mayDraft(ctx, actor, task); err != nil {
		return Attachment{}, err
	}
	return e.Attach(ctx, actor, name, content)
}

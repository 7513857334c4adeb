package storetest

import (
	"bytes"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

var attachmentTests = []test{
	{"content_comes_back", attachmentContent},
	{"of_another_tenant_is_not_found", attachmentTenant},
	{"a_person_has_so_many_loose_ones", attachmentLimit},
	{"is_bound_once", attachmentBound},
	{"a_key_stores_one_file", attachmentKeyed},
	{"loose_ones_go_bound_ones_stay", attachmentSwept},
	{"goes_with_its_instance", attachmentExpires},
}

// attachment stores a loose file that expires after a while from now on, which
// may be past.
func (b *bench) attachment(by string, after time.Duration) engine.Attachment {
	b.Helper()
	expires := time.Now().UTC().Truncate(time.Microsecond).Add(after)
	a := engine.Attachment{ID: newID(), Tenant: workflow.DefaultTenant, Name: "bill ä.pdf", Type: "application/pdf", Size: 8, By: by, At: b.tick(), ExpiresAt: &expires}
	b.ok("SaveAttachment", b.SaveAttachment(b.Context(), a, []byte("%PDF-1\x00\xff"), nil))
	return a
}

// hasFiles fails the test unless just these of the files are there.
func (b *bench) hasFiles(all []engine.Attachment, want ...engine.Attachment) {
	b.Helper()
	got, err := b.Attachments(b.Context(), workflow.DefaultTenant, each(all, func(a engine.Attachment) uuid.UUID { return a.ID }))
	b.ok("Attachments", err)
	b.same("attachments", got, want)
}

func (b *bench) keep(a engine.Attachment, instance uuid.UUID, until time.Time) {
	b.Helper()
	b.ok("KeepAttachments", b.KeepAttachments(b.Context(), workflow.DefaultTenant, []uuid.UUID{a.ID, newID()}, instance, until))
}

func (b *bench) sweeps(want int) {
	b.Helper()
	n, err := b.SweepAttachments(b.Context(), 100)
	b.ok("SweepAttachments", err)
	b.same("files deleted", n, want)
}

func attachmentContent(b *bench) {
	a := b.attachment("ana", time.Hour)
	b.hasFiles([]engine.Attachment{a}, a)
	content, err := b.AttachmentContent(b.Context(), workflow.DefaultTenant, a.ID)
	b.ok("AttachmentContent", err)
	if !bytes.Equal(content, []byte("%PDF-1\x00\xff")) {
		b.Errorf("content is %q", content)
	}
	_, err = b.AttachmentContent(b.Context(), workflow.DefaultTenant, newID())
	b.is("AttachmentContent", err, engine.ErrAttachmentNotFound)
}

func attachmentTenant(b *bench) {
	a := b.attachment("ana", time.Hour)
	_, err := b.AttachmentContent(b.Context(), "other", a.ID)
	b.is("AttachmentContent", err, engine.ErrAttachmentNotFound)
	got, err := b.Attachments(b.Context(), "other", []uuid.UUID{a.ID})
	b.ok("Attachments", err)
	b.same("attachments", len(got), 0)
	b.ok("KeepAttachments", b.KeepAttachments(b.Context(), "other", []uuid.UUID{a.ID}, newID(), b.at(time.Hour)))
	b.hasFiles([]engine.Attachment{a}, a)
}

func attachmentLimit(b *bench) {
	first := b.attachment("ana", time.Hour)
	for range engine.MaxLooseAttachments - 1 {
		b.attachment("ana", time.Hour)
	}
	b.attachment("bo", time.Hour)
	more := first
	more.ID = newID()
	b.is("SaveAttachment", b.SaveAttachment(b.Context(), more, []byte("%PDF-1\x00\xff"), nil), engine.ErrTooManyAttachments)
	b.keep(first, newID(), *first.ExpiresAt)
	b.ok("SaveAttachment", b.SaveAttachment(b.Context(), more, []byte("%PDF-1\x00\xff"), nil))
}

func attachmentKeyed(b *bench) {
	first := b.attachment("ana", time.Hour)
	one, two := first, first
	one.ID, two.ID = newID(), newID()
	key := requestKey("file")
	b.ok("SaveAttachment", b.SaveAttachment(b.Context(), one, []byte("%PDF-1\x00\xff"), &key))
	b.is("SaveAttachment", b.SaveAttachment(b.Context(), two, []byte("%PDF-1\x00\xff"), &key), engine.ErrKeyTaken)
	b.hasFiles([]engine.Attachment{one, two}, one)
	if _, used := b.use("file"); !used {
		b.Error("the key of the file is not used")
	}
	full := requestKey("full")
	for range engine.MaxLooseAttachments - 2 {
		b.attachment("ana", time.Hour)
	}
	b.is("SaveAttachment", b.SaveAttachment(b.Context(), two, []byte("%PDF-1\x00\xff"), &full), engine.ErrTooManyAttachments)
	if _, used := b.use("full"); used {
		b.Error("the key of a file that was refused is used")
	}
}

func attachmentBound(b *bench) {
	a, to := b.attachment("ana", time.Hour), newID()
	later := a.ExpiresAt.Add(time.Hour)
	b.keep(a, uuid.Nil, later)
	a.ExpiresAt = &later
	b.hasFiles([]engine.Attachment{a}, a)
	b.keep(a, uuid.Nil, later.Add(-time.Minute))
	b.hasFiles([]engine.Attachment{a}, a)
	b.keep(a, to, later)
	b.keep(a, newID(), later)
	a.InstanceID = to
	b.hasFiles([]engine.Attachment{a}, a)
}

func attachmentSwept(b *bench) {
	in := b.begin()
	gone, young := b.attachment("ana", -time.Minute), b.attachment("ana", time.Hour)
	bound, lost := b.attachment("ana", -time.Minute), b.attachment("ana", -time.Minute)
	past := time.Now().UTC().Add(-time.Second).Truncate(time.Microsecond)
	b.keep(bound, in.ID, past)
	b.keep(lost, newID(), past)
	b.sweeps(2)
	bound.InstanceID, bound.ExpiresAt = in.ID, nil
	b.hasFiles([]engine.Attachment{gone, young, bound, lost}, young, bound)
	b.keep(bound, newID(), past)
	b.sweeps(0)
	b.hasFiles([]engine.Attachment{young, bound}, young, bound)
}

func attachmentExpires(b *bench) {
	in, other := b.ended(-time.Hour), b.begin()
	b.store(in)
	mine, theirs := b.attachment("ana", time.Hour), b.attachment("ana", time.Hour)
	b.keep(mine, in.ID, *mine.ExpiresAt)
	b.keep(theirs, other.ID, *theirs.ExpiresAt)
	theirs.InstanceID = other.ID
	b.expires(10, 1)
	b.hasFiles([]engine.Attachment{mine, theirs}, theirs)
}

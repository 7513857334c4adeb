package api

import (
	"context"
	"mime"
	"net/http"
	"time"

	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// Attachment is a file beside the data.
type Attachment struct {
	ID         string    `json:"id" format:"uuid"`
	Ref        string    `json:"ref" doc:"What to put into the data for the file."`
	Name       string    `json:"name"`
	MediaType  string    `json:"media_type" doc:"Found out from the content."`
	Size       int64     `json:"size" doc:"In bytes."`
	UploadedBy string    `json:"uploaded_by"`
	UploadedAt time.Time `json:"uploaded_at"`
}

type (
	attachInput struct {
		ID string `path:"id"`
		Once
		Name    string `query:"name" maxLength:"255" doc:"Of the file; what its ending says the content must be."`
		UserID  string `query:"user_id" maxLength:"63" doc:"Who acts, if it is not you: needs a token with the scope act-as."`
		RawBody []byte `contentType:"application/octet-stream"`
	}
	attachAnswer struct {
		Replayed
		Body Attachment
	}
	downloadAnswer struct {
		ContentType string `header:"Content-Type"`
		Disposition string `header:"Content-Disposition"`
		Policy      string `header:"Content-Security-Policy"`
		Body        []byte
	}
)

func (b *builder) attachmentRoutes() {
	handleOnce(b, endpoint{Route: changes("/tasks/{id}/attachments", "tasks"), ID: "upload-attachment", Summary: "Upload a file for a task's form", Status: http.StatusCreated, MaxBody: engine.MaxAttachment + 1,
		Refusals: []int{404, 409, 413, 422, 429}, Doc: "The body is the file, at most 10 MB. Put its `ref` into the data of the decision. A file that no data name is deleted after a day."}, b.upload, b.uploadedBefore)
	handle(b, endpoint{Route: reads("/attachments/{id}", "tasks"), ID: "get-attachment", Summary: "Get a file", Refusals: []int{404},
		Doc: "For those who may see the instance that it belongs to; before that for who has uploaded it."}, b.download)
}

func (a *API) upload(ctx context.Context, who workflow.Actor, in *attachInput) (*attachAnswer, error) {
	row, err := a.task(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	saved, err := a.Engine.AttachToTask(ctx, who, row.ID, in.Name, in.RawBody)
	if err != nil {
		return nil, err
	}
	return &attachAnswer{Body: attachmentOf(saved)}, nil
}

func attachmentOf(f engine.Attachment) Attachment {
	return Attachment{ID: f.ID.String(), Ref: f.Ref(), Name: f.Name, MediaType: f.Type, Size: f.Size, UploadedBy: f.By, UploadedAt: f.At}
}

// uploadedBefore answers a repeated request with the file, as long as it is kept.
func (a *API) uploadedBefore(ctx context.Context, who workflow.Actor, _ *attachInput, use workflow.KeyUse) (*attachAnswer, error) {
	id, err := remembered[uuid.UUID](use)
	if err != nil {
		return nil, err
	}
	file, err := a.Engine.Attachment(ctx, who, id)
	if err != nil {
		return nil, err
	}
	return &attachAnswer{Body: attachmentOf(file)}, nil
}

func (a *API) download(ctx context.Context, who workflow.Actor, in *taskInput) (*downloadAnswer, error) {
	id, ok := parseID(in.ID)
	if !ok {
		return nil, engine.ErrAttachmentNotFound
	}
	file, err := a.Engine.Attachment(ctx, who, id)
	if err != nil {
		return nil, err
	}
	if file.InstanceID != uuid.Nil {
		if _, err := a.Read.Instance(ctx, who, file.InstanceID); err != nil {
			return nil, err
		}
	}
	content, err := a.Engine.AttachmentContent(ctx, file)
	if err != nil {
		return nil, err
	}
	return &downloadAnswer{
		ContentType: file.Type, Disposition: mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}),
		Policy: "sandbox; default-src 'none'", Body: content,
	}, nil
}

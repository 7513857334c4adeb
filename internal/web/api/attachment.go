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
		ID      string `path:"id"`
		Name    string `query:"name" maxLength:"255" doc:"Of the file; what its ending says the content must be."`
		UserID  string `query:"user_id" maxLength:"63" doc:"Who acts, if it is not you: needs a token with the scope act-as."`
		RawBody []byte `contentType:"application/octet-stream"`
	}
	attachAnswer   struct{ Body Attachment }
	downloadAnswer struct {
		ContentType string `header:"Content-Type"`
		Disposition string `header:"Content-Disposition"`
		Policy      string `header:"Content-Security-Policy"`
		Body        []byte
	}
)

func (b *builder) attachmentRoutes() {
	handle(b, endpoint{Route: changes("/tasks/{id}/attachments", "tasks"), ID: "upload-attachment", Summary: "Upload a file for a task's form", Status: http.StatusCreated, MaxBody: engine.MaxAttachment + 1,
		Refusals: []int{404, 409, 413, 422, 429}, Doc: "The body is the file, at most 10 MB. Put its `ref` into the data of the decision. A file that no data name is deleted after a day."}, b.upload)
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
	return &attachAnswer{Attachment{
		ID: saved.ID.String(), Ref: saved.Ref(), Name: saved.Name, MediaType: saved.Type, Size: saved.Size, UploadedBy: saved.By, UploadedAt: saved.At,
	}}, nil
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

package ui

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"tandem/internal/engine"
	"tandem/internal/form"
	"tandem/internal/web/guard"
	"tandem/internal/workflow"
)

func (u *UI) fileRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/attachments/{id}", Guard: guard.SignedIn, Handle: u.download},
	}
}

// attach stores the files that came with a form and puts what names them into
// its values. Files that cannot be taken are reported at their fields.
func (u *UI) attach(r *http.Request, f *form.Form, values url.Values) (*form.Errors, error) {
	if r.MultipartForm == nil {
		return nil, nil
	}
	var errs form.Errors
	for part, files := range r.MultipartForm.File {
		name, ok := strings.CutPrefix(part, form.FilePrefix)
		if !ok || len(files) != 1 || !f.Knows(name) || files[0].Filename == "" {
			continue
		}
		a, err := u.store(r, files[0])
		if problem, ok := fileProblem(name, files[0].Filename, err); ok {
			errs.List = append(errs.List, problem)
			continue
		}
		if err != nil {
			return nil, err
		}
		values.Set(name, a.Ref())
	}
	if errs.Empty() {
		return nil, nil
	}
	return &errs, nil
}

func (u *UI) store(r *http.Request, header *multipart.FileHeader) (engine.Attachment, error) {
	if header.Size > engine.MaxAttachment {
		return engine.Attachment{}, workflow.Errorf(workflow.KindTooLarge, "too_large", "The file is too large.")
	}
	file, err := header.Open()
	if err != nil {
		return engine.Attachment{}, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, engine.MaxAttachment+1))
	if err != nil {
		return engine.Attachment{}, err
	}
	return u.Engine.Attach(r.Context(), actor(r), header.Filename, content)
}

// fileProblem says at its field why a file was not taken; ok is false for
// faults that are none of the file's.
func fileProblem(name, file string, err error) (form.Error, bool) {
	if err == nil {
		return form.Error{}, false
	}
	code := ""
	var e *workflow.Error
	switch {
	case !errors.As(err, &e):
	case e.Kind == workflow.KindTooLarge:
		code = "file_large"
	case e.Kind == workflow.KindTooMany:
		code = "file_many"
	case e.Code == "file_empty" || e.Code == "file_type":
		code = e.Code
	}
	return form.ErrorAt(name, code, form.Params{"field": path.Base(file)}), code != ""
}

// download gives a file to who may see the instance that it belongs to, or to
// who has uploaded it. Browsers store it; none shows it as a page.
func (u *UI) download(w http.ResponseWriter, r *http.Request) error {
	id, err := uuid.Parse(chi.URLParam(r, "id"))
	if err != nil {
		return engine.ErrAttachmentNotFound
	}
	a, err := u.Engine.Attachment(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	switch link, ok := linkOf(r); {
	case ok && a.InstanceID != uuid.Nil && a.InstanceID != link.instance:
		return engine.ErrAttachmentNotFound
	case !ok && a.InstanceID != uuid.Nil:
		if _, err := u.Read.Instance(r.Context(), actor(r), a.InstanceID); err != nil {
			return err
		}
	}
	content, err := u.Engine.AttachmentContent(r.Context(), a)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", a.Type)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "private, no-store")
	_, _ = w.Write(content) // the reader may have left
	return nil
}

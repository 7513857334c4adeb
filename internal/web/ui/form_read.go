package ui

import (
	"crypto/rand"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strings"

	"tandem/internal/form"
	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

const (
	// multipartMemory is how much of a file is held in memory; a larger one waits
	// in a temporary file, which Serve removes after the request.
	multipartMemory = 1 << 20

	// maxFormText bounds the texts of a form, in bytes, and maxFormParts how many
	// there are: more than the largest form has.
	maxFormText  = 2 << 20
	maxFormParts = 50_000
)

var (
	errBadForm = workflow.Errorf(workflow.KindMalformed, "bad_form", "The form cannot be read. Go back and send it again.")

	errLargeForm = workflow.Errorf(workflow.KindTooLarge, "too_large",
		"The form holds more text than the 2 MB that can be sent at once. Go back, shorten what you typed, and send it again.")
	errManyParts = workflow.Errorf(workflow.KindTooLarge, "too_many_fields",
		"The form has more fields than can be sent at once. Go back, remove rows, and send it again.")
)

// postedForm reads the fields of a form; what cannot be read is a refusal. The
// readers of net/http are not used: they take fewer fields than a long list has.
func postedForm(r *http.Request) (url.Values, error) {
	if r.PostForm != nil {
		return r.PostForm, nil
	}
	values, err := readForm(r)
	var big *http.MaxBytesError
	var network net.Error
	var refusal *workflow.Error
	var problem *respond.Problem
	switch {
	case err == nil:
		r.PostForm = values
		return values, nil
	case errors.As(err, &big):
		return nil, oversize(r)
	case errors.As(err, &network), errors.As(err, &refusal), errors.As(err, &problem):
		return nil, err
	}
	return nil, errBadForm
}

// oversize says what to do about a form that is larger than a request may be.
func oversize(r *http.Request) error {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return errLargeForm
	}
	return workflow.Errorf(workflow.KindTooLarge, "too_large", "The files are larger than can be sent at once; each may have 10 MB. Go back, choose smaller ones, and send the form again.")
}

func readForm(r *http.Request) (url.Values, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return url.Values{}, nil
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && media == "multipart/form-data" && params["boundary"] != "":
		return readParts(r, multipart.NewReader(r.Body, params["boundary"]))
	case err == nil && media == "application/x-www-form-urlencoded":
		return readPairs(r.Body)
	case err == nil && media == "multipart/form-data":
		return nil, errBadForm
	}
	p := respond.ProblemOf(workflow.Errorf(workflow.KindMalformed, "not_a_form",
		"This is not sent as a form. Send it as application/x-www-form-urlencoded or multipart/form-data, or use the API for JSON."), r.URL.Path)
	p.Status, p.Title = http.StatusUnsupportedMediaType, http.StatusText(http.StatusUnsupportedMediaType)
	return nil, p
}

// readPairs reads what browsers send of a form without files.
func readPairs(body io.Reader) (url.Values, error) {
	var text strings.Builder
	if _, err := io.Copy(&text, body); err != nil {
		return nil, err
	}
	values, n := url.Values{}, 0
	for pair := range strings.SplitSeq(text.String(), "&") {
		if pair == "" {
			continue
		}
		if n++; n > maxFormParts {
			return nil, errManyParts
		}
		name, value, _ := strings.Cut(pair, "=")
		name, errName := url.QueryUnescape(name)
		value, errValue := url.QueryUnescape(value)
		if err := errors.Join(errName, errValue); err != nil || strings.Contains(pair, ";") {
			return nil, errBadForm
		}
		values[name] = append(values[name], value)
	}
	return values, nil
}

// readParts reads what browsers send of a form with files, which it leaves in
// r.MultipartForm.
func readParts(r *http.Request, parts *multipart.Reader) (url.Values, error) {
	values, left := url.Values{}, int64(maxFormText)
	r.MultipartForm = &multipart.Form{Value: values, File: map[string][]*multipart.FileHeader{}}
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if err == io.EOF {
			return values, nil
		}
		if err != nil {
			return nil, err
		}
		name := part.FormName()
		switch {
		case n >= maxFormParts:
			return nil, errManyParts
		case name == "" || part.FileName() == "" && strings.HasPrefix(name, form.FilePrefix): // no file was chosen
		case part.FileName() != "":
			file, err := readFile(part)
			if err != nil {
				return nil, err
			}
			r.MultipartForm.File[name] = append(r.MultipartForm.File[name], file)
		default:
			var text strings.Builder
			size, err := io.Copy(&text, io.LimitReader(part, left+1))
			if err != nil {
				return nil, err
			}
			if left -= size + int64(len(name)); left < 0 {
				return nil, errLargeForm
			}
			values[name] = append(values[name], text.String())
		}
	}
}

// readFile reads a file as a form of its own, so that a large one lies in a
// temporary file.
func readFile(part *multipart.Part) (*multipart.FileHeader, error) {
	edge := rand.Text() + rand.Text()
	head := "--" + edge + "\r\n"
	for _, key := range []string{"Content-Disposition", "Content-Type"} {
		if v := part.Header.Get(key); v != "" {
			head += key + ": " + v + "\r\n"
		}
	}
	whole := io.MultiReader(strings.NewReader(head+"\r\n"), part, strings.NewReader("\r\n--"+edge+"--\r\n"))
	alone, err := multipart.NewReader(whole, edge).ReadForm(multipartMemory)
	if err != nil {
		return nil, err
	}
	for _, files := range alone.File {
		return files[0], nil
	}
	return nil, errBadForm
}

// dropFiles removes the temporary files of a form.
func dropFiles(r *http.Request) {
	if r.MultipartForm != nil {
		_ = r.MultipartForm.RemoveAll() // the system's temporary directory is cleared some day
	}
}

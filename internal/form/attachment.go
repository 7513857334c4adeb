package form

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
)

// keptFile is what a file field sends for a stored value that refers to no
// attachment, such as a data URL.
const keptFile = "~"

// An Attachment is a file that lies beside the data: a value only names it, so
// that the data stay small.
type Attachment struct {
	ID   string // of the store
	Name string
	Type string // media type
	Size int64  // bytes
}

const attachmentScheme = "attachment:"

// Ref writes the value that names the attachment. All but the id is for people.
func (a Attachment) Ref() string {
	return attachmentScheme + a.ID + "?name=" + url.QueryEscape(a.Name) + "&type=" + url.QueryEscape(a.Type) + "&size=" + strconv.FormatInt(a.Size, 10)
}

// ParseAttachment reads what Ref writes.
func ParseAttachment(ref string) (Attachment, bool) {
	rest, ok := strings.CutPrefix(ref, attachmentScheme)
	if !ok || len(ref) > 2000 {
		return Attachment{}, false
	}
	id, query, _ := strings.Cut(rest, "?")
	values, err := url.ParseQuery(query)
	size, sizeErr := strconv.ParseInt(values.Get("size"), 10, 64)
	if err != nil || sizeErr != nil || id == "" || strings.Trim(id, "0123456789abcdefABCDEF-") != "" {
		return Attachment{}, false
	}
	return Attachment{ID: id, Name: values.Get("name"), Type: values.Get("type"), Size: size}, true
}

// Attachments lists the attachments that a JSON value names, each once, at most
// maxRows.
func Attachments(value any) []Attachment {
	var found []Attachment
	collectAttachments(value, map[string]bool{}, &found)
	return found
}

func collectAttachments(value any, seen map[string]bool, found *[]Attachment) {
	if len(*found) >= maxRows {
		return
	}
	switch v := value.(type) {
	case string:
		if a, ok := ParseAttachment(v); ok && !seen[a.ID] {
			seen[a.ID] = true
			*found = append(*found, a)
		}
	case []any:
		for _, item := range v {
			collectAttachments(item, seen, found)
		}
	case map[string]any:
		for _, item := range v {
			collectAttachments(item, seen, found)
		}
	}
}

// NamedIn lists the attachments that a JSON text names; none where it is no JSON.
func NamedIn(text []byte) []Attachment {
	if !bytes.Contains(text, []byte(attachmentScheme)) {
		return nil
	}
	value, _, err := readJSON(text, maxValueBytes)
	if err != nil {
		return nil
	}
	return Attachments(value)
}

// isOf reports whether a file is of one of the media types or endings of an
// accept attribute; "" accepts any.
func (a Attachment) isOf(accept string) bool {
	if accept == "" {
		return true
	}
	media, _, _ := strings.Cut(a.Type, ";")
	for _, one := range strings.Split(accept, ",") {
		one = strings.ToLower(strings.TrimSpace(one))
		family, any := strings.CutSuffix(one, "/*")
		switch {
		case one == media, one == "*/*", any && strings.HasPrefix(media, family+"/"):
			return true
		case strings.HasPrefix(one, ".") && strings.HasSuffix(strings.ToLower(a.Name), one):
			return true
		}
	}
	return false
}

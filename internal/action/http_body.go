package action

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"strings"
	"unicode/utf8"

	"tandem/internal/workflow"
)

// answerBody is what a result says of a body: decoded JSON, text, or, for what
// is neither, base64.
type answerBody struct {
	Body   any    `json:"body"`
	Base64 string `json:"body_base64,omitempty"`
}

// decodeBody reads a body by its content type. Numbers keep their text.
func decodeBody(contentType string, body []byte) answerBody {
	if len(body) == 0 {
		return answerBody{}
	}
	if isJSON(contentType) {
		if v, err := workflow.DecodeJSON(body); err == nil {
			return answerBody{Body: v}
		}
	}
	if utf8.Valid(body) && bytes.IndexByte(body, 0) < 0 {
		return answerBody{Body: string(body)}
	}
	return answerBody{Base64: base64.StdEncoding.EncodeToString(body)}
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || media == "text/json" || strings.HasSuffix(media, "+json"))
}

func encode(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode the result: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

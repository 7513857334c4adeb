package workflow

import "bytes"

// Document reads a definition document, YAML or JSON, of at most MaxDocument
// bytes, as plain Go values: nil, bool, json.Number, string, []any and
// map[string]any. It judges nothing but that the text can be read; the error is
// one of Parse.
func Document(source []byte) (map[string]any, error) {
	if len(source) > MaxDocument {
		return nil, errTooLarge
	}
	root, problem := readDocument(bytes.TrimPrefix(source, []byte("\xef\xbb\xbf")))
	if problem != nil {
		return nil, invalidDefinition([]Problem{*problem})
	}
	return root.value().(map[string]any), nil // readDocument gives objects alone
}

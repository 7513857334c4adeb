package views

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"tandem/internal/form"
)

// maxDataRows and maxDataDepth bound what is laid out as a list; the JSON text
// below it is always whole.
const (
	maxDataRows  = 500
	maxDataDepth = 8
)

// Data is a JSON value laid out for people, with its text.
type Data struct {
	ID        string // unique on the page
	Rows      []DataRow
	Shortened bool   // Rows leaves something out
	Source    string // indented JSON, "" when there is no value
}

// DataRow is one member of an object or one item of a list.
type DataRow struct {
	Key   string
	Value string // of a scalar
	None  bool   // Value stands for nothing: null, an empty list or object
	Rows  []DataRow
}

// Data lays out a JSON value. The members of objects keep their order; a value
// that is not JSON is shown as it is.
func (p Page) Data(id string, value []byte) Data {
	if len(bytes.TrimSpace(value)) == 0 {
		return Data{ID: id}
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, value, "", "  "); err != nil {
		return Data{ID: id, Source: string(value)}
	}
	l := &layout{page: p, decoder: json.NewDecoder(bytes.NewReader(value))}
	l.decoder.UseNumber()
	row, err := l.value("", 0)
	if err != nil {
		return Data{ID: id, Source: indented.String()}
	}
	rows := row.Rows
	if rows == nil {
		rows = []DataRow{row}
	}
	return Data{ID: id, Rows: rows, Shortened: l.shortened, Source: indented.String()}
}

// Labelled gives the members of an object the labels of a form's fields, and its
// values the words that the form has for them. What the form does not know stays
// as it is.
func (d Data) Labelled(p Page, fields []form.Field) Data {
	labels := map[string]DataRow{}
	for _, f := range fields {
		if rows := p.TaskRows([]form.Field{f}); len(rows) == 1 {
			labels[f.Pointer] = rows[0]
		}
	}
	rows := make([]DataRow, len(d.Rows))
	for i, row := range d.Rows {
		if label, ok := labels["/"+pointerEscapes.Replace(row.Key)]; ok {
			row.Key = label.Key
			if len(row.Rows) == 0 && label.Value != "" {
				row.Value, row.None = label.Value, false
			}
		}
		rows[i] = row
	}
	d.Rows = rows
	return d
}

// pointerEscapes writes a name as a part of a JSON pointer.
var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// layout reads one JSON value token by token, because maps lose the order.
type layout struct {
	page      Page
	decoder   *json.Decoder
	rows      int
	shortened bool
}

func (l *layout) value(key string, depth int) (DataRow, error) {
	token, err := l.decoder.Token()
	if err != nil {
		return DataRow{}, err
	}
	switch t := token.(type) {
	case json.Delim:
		return l.members(key, t, depth)
	case nil:
		return DataRow{Key: key, Value: l.page.T("data.null"), None: true}, nil
	case string:
		return DataRow{Key: key, Value: t}, nil
	case bool:
		return DataRow{Key: key, Value: pressed(t)}, nil
	case json.Number:
		return DataRow{Key: key, Value: t.String()}, nil
	}
	return DataRow{}, errors.New("unexpected token")
}

// members reads an object or a list whose opening delimiter was just read.
func (l *layout) members(key string, open json.Delim, depth int) (DataRow, error) {
	row := DataRow{Key: key}
	for i := 1; l.decoder.More(); i++ {
		name := itoa(i)
		if open == '{' {
			token, err := l.decoder.Token()
			if err != nil {
				return row, err
			}
			name, _ = token.(string)
		}
		member, err := l.value(name, depth+1)
		if err != nil {
			return row, err
		}
		if l.rows++; l.rows > maxDataRows || depth >= maxDataDepth {
			l.shortened = true
			continue
		}
		row.Rows = append(row.Rows, member)
	}
	if _, err := l.decoder.Token(); err != nil && !errors.Is(err, io.EOF) {
		return row, err
	}
	if row.Rows == nil {
		row.None, row.Value = true, l.page.emptyWord(open)
	}
	return row, nil
}

func (p Page) emptyWord(open json.Delim) string {
	if open == '[' {
		return p.T("data.no_items")
	}
	return p.T("data.no_keys")
}

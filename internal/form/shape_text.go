package form

import (
	"slices"
	"strings"
)

// maxLine is the most characters that a text may have to be written on one
// line, unless the hints name a widget.
const maxLine = 200

// stringControl gives a string its native input.
func (s *shape) stringControl() {
	f, w := &s.proto, s.view.words
	s.textual = true
	if s.isFile() {
		f.Kind = File
		f.Accept = first(s.hints.accept(), textOf(w["contentMediaType"]))
		return
	}
	f.Kind = formatKind(first(textOf(w["format"]), f.Widget))
	if f.Kind == Text {
		f.Kind = pick(s.hints, Text, Textarea, Password)
	}
	if f.Kind == Text && s.hints.text("widget") == "" && (lengthOf(w["maxLength"]) > maxLine && w["examples"] == nil || w["contentMediaType"] != nil) {
		f.Kind = Textarea
	}
	if w["writeOnly"] == true || w["format"] == "password" {
		f.Kind = Password
	}
	if f.Kind == Textarea && f.Rows == 0 {
		f.Rows = 4
	}
	if f.Kind == Color {
		f.Placeholder = first(f.Placeholder, "#rrggbb")
	}
	f.Pattern = textOf(w["pattern"])
	f.MinLength = lengthOf(w["minLength"])
	f.MaxLength = lengthOf(w["maxLength"])
	f.Suggestions = suggestionsOf(w["examples"])
}

// isFile reports whether a string holds a file: a data URL, bytes in base64, or
// a media type that is no text.
func (s *shape) isFile() bool {
	w := s.view.words
	media := textOf(w["contentMediaType"])
	text := media == "" || strings.HasPrefix(media, "text/") || strings.HasSuffix(media, "json")
	return w["format"] == "data-url" || s.proto.Widget == "file" || !text ||
		slices.Contains([]string{"base64", "base64url"}, strings.ToLower(textOf(w["contentEncoding"])))
}

func formatKind(format string) Kind {
	switch format {
	case "email", "idn-email":
		return Email
	case "uri", "url":
		return URL
	case "date":
		return Date
	case "date-time":
		return DateTimeLocal
	case "time":
		return Time
	case "color":
		return Color
	}
	return Text
}

func (s *shape) numberControl(typ string) {
	f, w := &s.proto, s.view.words
	f.Kind, f.InputMode, f.Step = Number, "decimal", "any"
	if typ == "integer" {
		s.integer = true
		f.Kind, f.InputMode, f.Step = Integer, "numeric", "1"
	}
	f.Min = first(numberOf(w["minimum"]), numberOf(w["exclusiveMinimum"]))
	f.Max = first(numberOf(w["maximum"]), numberOf(w["exclusiveMaximum"]))
	f.Step = first(numberOf(w["multipleOf"]), f.Step)
	f.Suggestions = suggestionsOf(w["examples"])
}

// booleanControl gives a checkbox where two answers are enough, else choices.
func (s *shape) booleanControl() {
	kind := pick(s.hints, Checkbox, Radio, Select)
	if kind == Checkbox && !s.nullable {
		s.proto.Kind = Checkbox
		return
	}
	if kind == Checkbox {
		kind = Select
	}
	s.proto.Kind = kind
	s.choices = []choice{{value: true}, {value: false}}
	if s.nullable {
		s.choices = append(s.choices, choice{value: nil})
	}
	labelChoices(s.choices, s.hints.texts("enumNames"))
}

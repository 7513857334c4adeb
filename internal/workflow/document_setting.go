package workflow

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"tandem/internal/workflow/expr"
)

// Eval returns the setting's value: its literal, or what its expression gives.
// An absent setting is nil.
func (s *Setting) Eval(vars expr.Vars) (any, error) {
	switch {
	case s == nil:
		return nil, nil
	case s.Program != nil:
		return s.Program.Eval(context.Background(), vars)
	}
	return s.Literal, nil
}

// String returns the setting's value as text: "" for an absent setting and for
// null. Anything but a text or a number is an error.
func (s *Setting) String(vars expr.Vars) (string, error) {
	v, err := s.Eval(vars)
	if err != nil {
		return "", err
	}
	text, ok := settingText(v)
	if !ok {
		return "", s.wrong("a text", v)
	}
	return text, nil
}

// Strings returns the setting's value as a list of texts: one text is a list of
// one, null and "" are an empty list.
func (s *Setting) Strings(vars expr.Vars) ([]string, error) {
	v, err := s.Eval(vars)
	if err != nil {
		return nil, err
	}
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	var texts []string
	for _, item := range items {
		text, ok := settingText(item)
		if !ok {
			return nil, s.wrong("a text or a list of texts", item)
		}
		if text != "" {
			texts = append(texts, text)
		}
	}
	return texts, nil
}

// Span returns the setting's value as a length of time; an absent setting is 0.
func (s *Setting) Span(vars expr.Vars) (Span, error) {
	v, err := s.Eval(vars)
	if err != nil || s == nil {
		return Span{}, err
	}
	switch v := v.(type) {
	case time.Duration:
		return Span{Duration: v}, nil
	case string:
		return ParseSpan(v)
	}
	return Span{}, s.wrong("a duration such as 90s", v)
}

// Cron returns the setting's value as a cron expression.
func (s *Setting) Cron(vars expr.Vars) (Cron, error) {
	text, err := s.String(vars)
	if err != nil {
		return Cron{}, err
	}
	return ParseCron(text)
}

// Time returns the setting's value as a point in time, given as RFC 3339; an
// absent setting is the zero time.
func (s *Setting) Time(vars expr.Vars) (time.Time, error) {
	v, err := s.Eval(vars)
	if err != nil || s == nil {
		return time.Time{}, err
	}
	switch v := v.(type) {
	case time.Time:
		return v, nil
	case string:
		return parseTime(v)
	}
	return time.Time{}, s.wrong("a time such as 2030-01-31T09:00:00Z", v)
}

// Int returns the setting's value as a whole number; an absent setting and null
// are 0.
func (s *Setting) Int(vars expr.Vars) (int, error) {
	v, err := s.Eval(vars)
	if err != nil || v == nil {
		return 0, err
	}
	text, ok := settingText(v)
	n, notNumber := strconv.ParseInt(text, 10, 32)
	if !ok || notNumber != nil {
		return 0, s.wrong("a whole number", v)
	}
	return int(n), nil
}

func (s *Setting) wrong(want string, got any) error {
	return Errorf(KindInvalid, "invalid_value", "%s must give %s, but it gave %s.", s.Text, want, excerpt(got))
}

// settingText returns a text or number as text; null is "".
func settingText(v any) (string, bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case int64:
		return strconv.FormatInt(v, 10), true
	}
	return "", false
}

func parseTime(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, sayError(KindInvalid, "invalid_time", text)
	}
	return t, nil
}

// excerpt shows a value in a message, at most 80 characters of it.
func excerpt(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%T", v)
	}
	if r := []rune(string(text)); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return string(text)
}

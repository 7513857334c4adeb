package form

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// A slot is what is stored for a node, or that nothing is. In a fresh slot
// nothing was ever stored, so defaults apply.
type slot struct {
	value   any
	present bool
	fresh   bool
	fixed   bool // the caller has the value for a member that people cannot change
	given   any  // that value
}

// rootSlot makes the slot of a whole value; nil means that nothing is stored.
func rootSlot(stored any) slot {
	return slot{value: stored, present: stored != nil, fresh: stored == nil}
}

func (s slot) child(key string) slot {
	obj, _ := s.value.(map[string]any)
	value, present := obj[key]
	return slot{value: value, present: present, fresh: s.fresh && !present}
}

func (s slot) withFixed(v any, ok bool) slot {
	s.given, s.fixed = v, ok
	return s
}

// shown gives the slot with the default in place where one applies.
func (n *node) shown(s slot) slot {
	if s.present || !s.fresh {
		return s
	}
	if n.shape.def != nil {
		return slot{value: *n.shape.def, present: true, fresh: true}
	}
	return s
}

// lockedSlot gives the slot of a node that people cannot change: what the caller
// has for it, else what is stored.
func (n *node) lockedSlot() slot {
	if n.slot.fixed {
		return slot{value: n.slot.given, present: true}
	}
	return n.shown(n.slot)
}

// holds reports whether v is of the kind that the control can hold.
func (s *shape) holds(v any) bool {
	if v == nil {
		return s.nullable || s.proto.Kind == JSON
	}
	switch s.proto.Kind {
	case JSON:
		return true
	case Number, Integer:
		return numberText(v) != ""
	}
	_, isText := v.(string)
	return s.textual && isText
}

// text writes a value as the control shows it.
func (s *shape) text(v any, zone *time.Location) string {
	kind := s.proto.Kind
	if kind == JSON {
		return encodeJSON(v, "  ")
	}
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		switch kind {
		case Password:
			return ""
		case DateTimeLocal:
			return localDateTime(v, zone)
		case Time:
			return utcTime(v)
		}
		return lineFeeds(v)
	}
	return first(numberText(v), plainText(v))
}

// numberText gives the decimal text of a number, "" when v is none.
func numberText(v any) string {
	switch v := v.(type) {
	case json.Number:
		return string(v)
	case float64, float32, int, int64, int32, uint, uint64, uint32:
		return encodeJSON(v, "")
	}
	return ""
}

// lineFeeds makes every line end LF.
func lineFeeds(s string) string {
	if !strings.Contains(s, "\r") {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// localDateTime writes RFC 3339 as a native control does, in zone, as short as
// possible. Text that is none stays as it is.
func localDateTime(s string, zone *time.Location) string {
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
	if err != nil {
		return s
	}
	if t = t.In(zone); t.Year() < 1 || t.Year() > 9999 {
		return s
	}
	return t.Format("2006-01-02T" + shortest(t))
}

// utcTime writes an RFC 3339 time of day as a native control does, in UTC.
func utcTime(s string) string {
	t, err := time.Parse("15:04:05.999999999Z07:00", strings.ToUpper(s))
	if err != nil {
		return s
	}
	t = t.UTC()
	return t.Format(shortest(t))
}

// shortest gives the layout that leaves out seconds and fractions of zero.
func shortest(t time.Time) string {
	switch {
	case t.Nanosecond() >= int(time.Millisecond):
		return "15:04:05.999"
	case t.Second() > 0:
		return "15:04:05"
	}
	return "15:04"
}

// parseLocalDateTime reads what localDateTime writes, or RFC 3339 with its own
// zone, and gives RFC 3339. Text that is neither is given back.
func parseLocalDateTime(s string, zone *time.Location) string {
	s = strings.TrimSpace(s)
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.Format(time.RFC3339Nano)
		}
	}
	return s
}

// parseUTCTime reads what utcTime writes and gives an RFC 3339 time of day.
func parseUTCTime(s string) string {
	s = strings.TrimSpace(s)
	for _, layout := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format("15:04:05.999999999Z07:00")
		}
	}
	return s
}

// fit gives the control that can show text: native inputs drop what they do not
// understand, so such text gets a plain one.
func fit(f *Field, text string) {
	if strings.Contains(text, "\n") && f.Kind != JSON && f.Kind != Textarea {
		f.Kind, f.Rows = Textarea, 4
	}
	switch f.Kind {
	case Number, Integer:
		if n, err := strconv.ParseFloat(text, 64); text != "" && (err != nil || !isJSONNumber(text) || n != n) {
			f.Kind = Text
		}
	case Date:
		plain(f, text == "" || isDate("2006-01-02", text))
	case DateTimeLocal:
		plain(f, text == "" || isDate("2006-01-02T15:04", text) || isDate("2006-01-02T15:04:05", text))
	case Time:
		plain(f, text == "" || isDate("15:04", text) || isDate("15:04:05", text))
	case Color:
		plain(f, colorText.MatchString(text) && text == strings.ToLower(text))
	case Email, URL:
		plain(f, !strings.ContainsAny(text, " \t\n\f"))
	}
}

func plain(f *Field, native bool) {
	if !native {
		f.Kind = Text
	}
}

func isDate(layout, text string) bool {
	t, err := time.Parse(layout, text)
	return err == nil && (t.Year() > 0 || layout[0] == '1')
}

package form

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// submission plays a browser without JavaScript that loads the fields and
// submits them untouched, with what HTML does to values on the way.
func submission(fields []Field) url.Values {
	values := url.Values{}
	for _, f := range fields {
		submitField(values, f)
	}
	return values
}

func submitField(values url.Values, f Field) {
	switch f.Kind {
	case Static:
	case Group:
		for name, texts := range submission(f.Children) {
			values[name] = append(values[name], texts...)
		}
	case Checkbox:
		values.Add(f.Name, "false")
		if f.Checked {
			values.Add(f.Name, "true")
		}
	case Checkboxes:
		values.Add(f.Name, "")
		submitOptions(values, f)
	case Radio:
		submitOptions(values, f)
	case Select:
		if !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Selected }) && len(f.Options) > 0 {
			values.Add(f.Name, f.Options[0].Value)
			return
		}
		submitOptions(values, f)
	default:
		values.Add(f.Name, sanitised(f))
	}
}

func submitOptions(values url.Values, f Field) {
	for _, o := range f.Options {
		if o.Selected {
			values.Add(f.Name, o.Value)
		}
	}
}

// sanitised applies HTML's value sanitisation of the control.
func sanitised(f Field) string {
	oneLine := strings.NewReplacer("\r", "", "\n", "").Replace(f.Value)
	switch f.Kind {
	case Textarea, JSON:
		return strings.ReplaceAll(lineFeeds(f.Value), "\n", "\r\n")
	case Number, Integer:
		if _, err := strconv.ParseFloat(f.Value, 64); err != nil {
			return ""
		}
	case Date:
		if !isDate("2006-01-02", f.Value) {
			return ""
		}
	case DateTimeLocal:
		if !isDate("2006-01-02T15:04", f.Value) && !isDate("2006-01-02T15:04:05", f.Value) {
			return ""
		}
	case Time:
		if !isDate("15:04", f.Value) && !isDate("15:04:05", f.Value) {
			return ""
		}
	case Email, URL:
		return strings.TrimSpace(oneLine)
	case Color:
		if !colorText.MatchString(f.Value) {
			return "#000000"
		}
		return strings.ToLower(f.Value)
	}
	return oneLine
}

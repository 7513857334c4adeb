package form

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// submission plays a browser without JavaScript that loads the form and submits
// it untouched, with what HTML does to values on the way.
func submission(shown Shown) url.Values {
	values := url.Values{}
	submitHidden(values, shown.Hidden)
	submitFields(values, shown.Fields)
	return values
}

func submitHidden(values url.Values, inputs []Input) {
	for _, in := range inputs {
		values.Add(in.Name, in.Value)
	}
}

func submitFields(values url.Values, fields []Field) {
	for _, f := range fields {
		submitHidden(values, f.Hidden)
		submitField(values, f)
	}
}

func submitField(values url.Values, f Field) {
	switch f.Kind {
	case Static:
	case Group, List, Row:
		submitFields(values, f.Children)
	case Checkbox:
		values.Add(f.Name, "false")
		if f.Checked {
			values.Add(f.Name, "true")
		}
	case Checkboxes, MultiSelect:
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
	case Number, Integer, Range:
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

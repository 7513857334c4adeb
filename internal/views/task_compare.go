package views

import "slices"

// Compare is a field of which there are two values.
type Compare struct {
	Name   string // of the field in the form, "" when there is nothing to choose
	Label  string
	Before DataRow // what the reader saw or typed
	Now    DataRow // what is there
	TakeIt bool    // Now is the choice to begin with
}

// Comparison is a table of fields of which there are two values.
type Comparison struct {
	ID     string // of its heading
	Title  string
	Before string // what the first value is
	Now    string // what the second one is
	Rows   []Compare
}

// TaskMerge lets the reader choose, field by field, between what he typed and
// what somebody else has filled in meanwhile.
type TaskMerge struct {
	Rows   []Compare
	Hidden []Hidden // all that was typed
}

// CompareRows sets values of the same label side by side, in the order of
// before; equal ones are left out unless all is set.
func CompareRows(before, now []DataRow, all bool) []Compare {
	var rows []Compare
	rest := slices.Clone(now)
	for _, b := range before {
		row := Compare{Label: b.Key, Before: b}
		if i := slices.IndexFunc(rest, func(n DataRow) bool { return n.Key == b.Key }); i >= 0 {
			row.Now = rest[i]
			rest = slices.Delete(rest, i, i+1)
		}
		if all || !SameRow(row.Before, row.Now) {
			rows = append(rows, row)
		}
	}
	for _, n := range rest {
		rows = append(rows, Compare{Label: n.Key, Now: n})
	}
	return rows
}

// SameRow reports whether two rows read the same, whatever they are called.
func SameRow(a, b DataRow) bool {
	return a.Value == b.Value && slices.EqualFunc(a.Rows, b.Rows, func(x, y DataRow) bool { return x.Key == y.Key && SameRow(x, y) })
}

func isBlank(r DataRow) bool { return r.Value == "" && len(r.Rows) == 0 }

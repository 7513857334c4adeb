package db

import (
	"fmt"
	"slices"
	"strings"
)

// field is a column of a table with its type.
type field struct{ name, typ string }

// fieldsOf reads "name type, name type, …".
func fieldsOf(list string) []field {
	var fields []field
	for part := range strings.SplitSeq(list, ",") {
		name, typ, _ := strings.Cut(strings.TrimSpace(part), " ")
		fields = append(fields, field{name, typ})
	}
	return fields
}

// param is the type of a row's value in the array that carries it. unnest
// would flatten arrays of arrays, so lists travel as array literals.
func (f field) param() string {
	if strings.HasSuffix(f.typ, "[]") {
		return "text"
	}
	return f.typ
}

// value is the expression that gives the field of a row x.
func (f field) value() string {
	if strings.HasSuffix(f.typ, "[]") {
		return "x." + f.name + "::" + f.typ
	}
	return "x." + f.name
}

func join(fields []field, format func(field) string) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = format(f)
	}
	return strings.Join(parts, ", ")
}

func names(fields []field) string { return join(fields, func(f field) string { return f.name }) }

// unnest is the FROM item x with one row per element of the parameters.
func unnest(fields []field) string {
	params := make([]string, len(fields))
	for i, f := range fields {
		params[i] = fmt.Sprintf("$%d::%s[]", i+1, f.param())
	}
	return "unnest(" + strings.Join(params, ", ") + ") AS x(" + names(fields) + ")"
}

// insertInto inserts all fields of all rows.
func insertInto(table string, fields []field) string {
	return "INSERT INTO " + table + " (" + names(fields) + ") SELECT " +
		join(fields, field.value) + " FROM " + unnest(fields)
}

// update sets all fields but the first keys, which find the row.
func update(table string, keys int, fields []field) string {
	set := join(fields[keys:], func(f field) string { return f.name + " = " + f.value() })
	var on []string
	for _, f := range fields[:keys] {
		on = append(on, "t."+f.name+" = x."+f.name)
	}
	return "UPDATE " + table + " AS t SET " + set + " FROM " + unnest(fields) + " WHERE " + strings.Join(on, " AND ")
}

// rows collects rows for one statement, value by value in the order of the
// statement's fields.
type rows struct {
	sql  string
	cols []column
	at   int
}

func newRows(sql string, fields []field) *rows {
	return &rows{sql: sql, cols: make([]column, len(fields))}
}

// next gives the column of the next value.
func (r *rows) next() *column {
	c := &r.cols[r.at]
	r.at = (r.at + 1) % len(r.cols)
	return c
}

func (r *rows) len() int { return r.cols[0].n }

func (r *rows) args() []any {
	args := make([]any, len(r.cols))
	for i := range r.cols {
		args[i] = &r.cols[i]
	}
	return args
}

// concat makes one list of several.
func concat(lists ...[]field) []field { return slices.Concat(lists...) }

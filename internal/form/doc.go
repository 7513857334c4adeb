// Package form turns JSON Schema into forms for people: it lists the fields to
// show, decodes what a browser sends back, and judges the result.
//
// It owns the meaning of a schema and of its `ui:` hints, the names of HTML
// fields, the decoding rules and the sentences in which errors are said. It is
// pure: no clock, no network, no files. It may import the standard library, the
// JSON Schema validator and the regular expression engine; it must not know
// workflows, tasks, the database, HTML templates or HTTP.
//
// # From schema to value
//
//	Compile(schema, ui)  -> Form
//	Form.Fields(State)   -> []Field, a tree that a view renders as it stands
//	Form.Submit(values)  -> value and Errors (Decode, then Validate)
//	Errors.In(lang)      -> the same errors in another language
//
// A Schema alone, made by CompileSchema, judges JSON that did not come from a
// form: start data over the API, the payload of a webhook.
//
// # Names
//
// The HTML name of a field is its JSON path: `amount`, `address.street`. The
// characters `~ . [ ] /` of a property name are written ~0 ~2 ~3 ~4 ~1, and an
// underscore that would begin the name is written ~5, so that every name that
// begins with `_` is free for the caller (`_outcome`, `_version`). The name of
// a field for the whole value is `~`.
//
// # Order
//
// Fields come in the order of the schema's text, or of `ui:order`. A caller
// that passes a schema through a Go map on its way here loses the former.
//
// # What comes back
//
// Fields that are sent back as they were shown give the stored value, with these
// exceptions: an optional boolean without a value has a checkbox and comes back
// false; line ends of changed text become LF; a group that is optional, has no
// value and was not touched stays absent. Members without a field, and fixed
// ones (const, readOnly, hidden), are taken from the stored value.
//
// # Dates with time
//
// A date-time is shown and read in State.Zone (UTC by default); Field.Zone
// names it, and the view has to show that name. What is stored is RFC 3339 with
// the offset of that zone. A stored text that is sent back unchanged stays as
// it was, to the last digit.
package form

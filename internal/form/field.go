package form

// A Kind is the control that a field needs.
type Kind string

// The kinds of control. Text to Password are <input> types of the same name.
const (
	Text          Kind = "text"
	Number        Kind = "number"
	Integer       Kind = "integer" // <input type=number> for whole numbers
	Range         Kind = "range"
	Email         Kind = "email"
	URL           Kind = "url"
	Color         Kind = "color"
	Date          Kind = "date"
	DateTimeLocal Kind = "datetime-local"
	Time          Kind = "time"
	Password      Kind = "password"    // Value is always empty; sent empty, the stored value stays
	Textarea      Kind = "textarea"    // write a line feed before Value: HTML drops the first
	Checkbox      Kind = "checkbox"    // value "true"; a hidden field of the same name with value "false" precedes it
	Radio         Kind = "radio"       // one control per option
	Select        Kind = "select"      //
	Checkboxes    Kind = "checkboxes"  // one per option; a hidden field of the same name with an empty value precedes them
	MultiSelect   Kind = "multiselect" // a <select multiple>, with the same hidden field
	File          Kind = "file"        // Value goes into a hidden field of the name; an <input type=file> beside it is named FileName
	JSON          Kind = "json"        // a <textarea> for JSON text
	Group         Kind = "group"       // a fieldset of Children; it sends nothing itself
	List          Kind = "list"        // a fieldset whose Children are rows
	Row           Kind = "row"         // a fieldset of Children inside a list or a map
	Static        Kind = "static"      // Value as text; it sends nothing
)

// A Field is one control, or a group of them, as it has to be shown.
type Field struct {
	Kind    Kind
	Name    string // HTML name
	ID      string // HTML id of the control, or of its first option, or of the fieldset
	Pointer string // JSON pointer of the value; "" is the whole value

	Label       string
	Description string // of the schema, plain text
	Help        string // of the hints, plain text
	HelpID      string // id for the element with Description and Help, "" without them
	ErrorID     string // id for the element with Errors, "" without them
	DescribedBy string // for aria-describedby: HelpID and ErrorID

	Required   bool
	Entry      bool // a value of a list or map, there until its row is removed
	ReadOnly   bool
	Deprecated bool
	Autofocus  bool
	Live       bool // other fields appear or go with the value

	Was     Kind   // of a Static: the control that it would be
	Value   string // what the control shows
	Checked bool   // of a Checkbox
	Stored  bool   // a Password has a stored value
	Options []Option
	Zone    string // name of the time zone in which Value is written

	File     *Attachment // that a File field holds; nil for none
	FileName string      // name of the <input type=file>
	Accept   string      // for its accept attribute

	// Limits for native attributes. Pattern is ECMA-262 and, unlike the HTML
	// attribute, not anchored. Length limits count characters, -1 for none.
	Min, Max, Step string
	MinLength      int
	MaxLength      int
	Pattern        string

	Placeholder  string
	Autocomplete string
	InputMode    string
	Widget       string // the `ui:widget` as it was written: range, updown, …
	Rows         int
	Inline       bool     // options side by side
	Suggestions  []string // for a <datalist>

	Children []Field
	Hidden   []Input  // hidden fields that stand beside the children
	Actions  []Action // buttons that change the form's shape
	Summary  string   // of a Row: the first text in it
	Errors   []string
}

// An Option is one choice of a Radio, Select, Checkboxes or MultiSelect field.
// Its Value is the index into the schema's enum, "" for "not set".
type Option struct {
	ID       string // of a radio or checkbox; the first has the field's ID
	Value    string
	Label    string
	Selected bool
}

// An Input is a hidden field.
type Input struct{ Name, Value string }

// An Action is a button that sends the form with its Op, for Form.Act.
type Action struct {
	Op        string // add:lines, remove:lines[2], …
	Verb      string // add, remove, up, down, open, close, update, clear, json or form
	ID        string // HTML id
	Label     string // the words on the button
	Name      string // the whole name, for those who hear it
	Autofocus bool
}

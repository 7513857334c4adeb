// Package edit changes workflow documents as texts: it adds, renames, moves,
// connects and deletes steps and sets their keys, in YAML and JSON, and leaves
// every other byte as it is, comments and blank lines included.
//
// It owns where the values of a document stand in its text, and what a change
// of a step means for what refers to it. A change is a pure function from text
// to text:
//
//	Apply(text, Rename{Step: "review", Name: "check"})  -> Result or *Refusal
//
// # How a change is made
//
// The text is read into values (workflow.ReadTree), and their places are found
// by walking over the text along them. A change alters the values and, beside
// them, the bytes of the text that say them. In the end the new text is read
// once more: unless it says exactly the altered values, the change is refused.
// So a way of writing that the walk does not understand (a merge key, a tag, a
// strange indentation) never costs anybody a comment or a value; such places
// are changed in the text.
//
// # Comments
//
// Comment lines directly above an entry, not further in than it, belong to it:
// they move and go with it. So do the comment on its line and the comments
// inside of it. All others stay where they are.
//
// It may import workflow and its expressions; it must not know pages, forms,
// the engine or a store.
package edit

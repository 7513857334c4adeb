package compare

import (
	"strings"
	"time"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// Kind says what became of a line, a step or an edge.
type Kind string

// The kinds.
const (
	Same    Kind = "same"
	Added   Kind = "added"
	Removed Kind = "removed"
	Changed Kind = "changed"
)

// Limits of a comparison of lines.
const (
	MaxLines = 4000        // that are given; the counts are of all
	patience = time.Second // after which what is left counts as changed
)

// Lines is the difference of two texts, line by line.
type Lines struct {
	Rows    []Line
	Added   int
	Removed int
	More    int // rows that are not given
}

// Line is one line of a difference, or stands for lines that are the same and
// far from any change.
type Line struct {
	Kind   Kind
	Before int // its number in the earlier text, from 1; 0 = it is not there
	After  int // likewise in the later one
	Text   string
	Folded int // lines that it stands for; 0 = it is a line
}

// Texts compares two texts. Of what is the same it gives context lines around
// each change and folds the rest; a negative context folds nothing. A line end at
// the end of a text is no line of its own, and how lines end makes no difference.
func Texts(before, after string, context int) Lines {
	var l Lines
	a, b := split(before), split(after)
	rows := align(a, b)
	for _, row := range rows {
		switch row.Kind {
		case Added:
			l.Added++
		case Removed:
			l.Removed++
		}
	}
	if context >= 0 {
		rows = folded(rows, context)
	}
	l.More = max(0, len(rows)-MaxLines)
	l.Rows = rows[:len(rows)-l.More]
	return l
}

func split(text string) []string {
	text = strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// align compares lines as if each were one character.
func align(a, b []string) []Line {
	alphabet := map[string]rune{}
	before, after := spelt(a, alphabet), spelt(b, alphabet)
	d := diffmatchpatch.New()
	d.DiffTimeout = patience
	var rows []Line
	i, j := 0, 0
	for _, part := range d.DiffMainRunes(before, after, false) {
		for range part.Text {
			switch part.Type {
			case diffmatchpatch.DiffEqual:
				rows = append(rows, Line{Kind: Same, Before: i + 1, After: j + 1, Text: b[j]})
				i++
				j++
			case diffmatchpatch.DiffDelete:
				rows = append(rows, Line{Kind: Removed, Before: i + 1, Text: a[i]})
				i++
			case diffmatchpatch.DiffInsert:
				rows = append(rows, Line{Kind: Added, After: j + 1, Text: b[j]})
				j++
			}
		}
	}
	return rows
}

// The characters that are no text by themselves.
const (
	firstSurrogate = 0xD800
	surrogates     = 0x800
)

// spelt gives each line the character that stands for its text.
func spelt(lines []string, alphabet map[string]rune) []rune {
	word := make([]rune, len(lines))
	for i, line := range lines {
		letter, known := alphabet[line]
		if !known {
			letter = rune(len(alphabet) + 1)
			if letter >= firstSurrogate {
				letter += surrogates
			}
			alphabet[line] = letter
		}
		word[i] = letter
	}
	return word
}

// folded puts one row in the place of rows that are the same and more than
// context lines away from a change. A single line is not worth it.
func folded(rows []Line, context int) []Line {
	near := make([]bool, len(rows))
	last := -context - 1
	for i, row := range rows {
		if row.Kind != Same {
			last = i
		}
		near[i] = i-last <= context
	}
	next := len(rows) + context
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].Kind != Same {
			next = i
		}
		near[i] = near[i] || next-i <= context
	}
	var out []Line
	for i := 0; i < len(rows); {
		end := i
		for end < len(rows) && !near[end] {
			end++
		}
		switch {
		case end == i:
			out = append(out, rows[i])
			i++
			continue
		case end-i == 1:
			out = append(out, rows[i])
		default:
			out = append(out, Line{Kind: Same, Before: rows[i].Before, After: rows[i].After, Folded: end - i})
		}
		i = end
	}
	return out
}

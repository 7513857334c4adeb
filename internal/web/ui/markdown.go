package ui

import (
	"bytes"
	"html"
	"regexp"
	"strings"

	"github.com/a-h/templ"
	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"tandem/internal/views"
)

// maxMarkdown bounds what is read as Markdown, in bytes; longer text is shown as
// it was written.
const maxMarkdown = 64 << 10

var (
	markdownReader = goldmark.New(
		goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(lowerHeadings{}, 100))),
	)
	markdownPolicy = newMarkdownPolicy()
	wordsOnly      = bluemonday.StrictPolicy()
)

// newMarkdownPolicy allows text, lists, tables and links, no images: a page asks
// no other server for anything.
func newMarkdownPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "li",
		"h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^[0-9]{1,9}$`)).OnElements("ol")
	p.AllowElements("ol")
	p.AllowAttrs("href").OnElements("a")
	p.AllowStandardURLs()
	p.RequireNoReferrerOnLinks(true)
	return p
}

// markdown renders text that people wrote: HTML in it is left out, headings
// begin below those of the page.
func markdown(source string) templ.Component {
	if len(source) > maxMarkdown {
		return views.Prose("<pre>" + html.EscapeString(source) + "</pre>")
	}
	var out bytes.Buffer
	if err := markdownReader.Convert([]byte(source), &out); err != nil {
		return views.Prose("<p>" + html.EscapeString(source) + "</p>")
	}
	return views.Prose(markdownPolicy.SanitizeReader(&out).String())
}

// plainMarkdown gives the words of text that people wrote, for places without
// room for its lists and links.
func plainMarkdown(source string) string {
	var out bytes.Buffer
	if len(source) > maxMarkdown || markdownReader.Convert([]byte(source), &out) != nil {
		return source
	}
	return strings.TrimSpace(html.UnescapeString(wordsOnly.SanitizeReader(&out).String()))
}

// lowerHeadings puts headings below the page's own two levels.
type lowerHeadings struct{}

// Transform implements parser.ASTTransformer.
func (lowerHeadings) Transform(doc *ast.Document, _ text.Reader, _ parser.Context) {
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok {
			h.Level = min(h.Level+2, 6)
		}
	}
}

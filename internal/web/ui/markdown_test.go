package ui

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

var proseBox = regexp.MustCompile(`(?s)^<div class="[^"]*">(.*)</div>$`)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, source, want string
	}{
		{"emphasis", "**6000 EUR** for *Otto*", `<p><strong>6000 EUR</strong> for <em>Otto</em></p>`},
		{"headings stay below the page's", "# A\n\n#### B", "<h3>A</h3>\n<h6>B</h6>"},
		{"list", "1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>"},
		{"link", "[x](https://a.example/?q=1)", `<p><a href="https://a.example/?q=1" rel="nofollow noreferrer">x</a></p>`},
		{"script", "hi <script>alert(1)</script>ok", `<p>hi alert(1)ok</p>`},
		{"block of HTML", "<script>\nalert(1)\n</script>", ``},
		{"script link", "[x](javascript:alert%281%29)", `<p>x</p>`},
		{"handler", `<b onclick="x()">hi</b>`, `<p>hi</p>`},
		{"image", "![alt](https://evil.example/pixel.png)", `<p></p>`},
		{"style", `<p style="position:fixed">x</p>`, ``},
		{"table", "|a|b|\n|-|-|\n|1|2|", "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>"},
		{"very long", strings.Repeat("<", maxMarkdown+1), "<pre>" + strings.Repeat("&lt;", maxMarkdown+1) + "</pre>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := markdown(tt.source).Render(t.Context(), &out); err != nil {
				t.Fatal(err)
			}
			inner := proseBox.FindStringSubmatch(strings.TrimSpace(out.String()))
			if inner == nil {
				t.Fatalf("got %.200q, want it in a box", out.String())
			}
			if got := strings.TrimSpace(inner[1]); got != tt.want {
				t.Errorf("got %.300q, want %.300q", got, tt.want)
			}
		})
	}
}

func TestPlainMarkdown(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"**6000 EUR** for [Otto](https://a.example)": "6000 EUR for Otto",
		"- a & b\n- 1 < 2":                           "a & b\n1 < 2",
		"no <b>marks</b>":                            "no marks",
		"":                                           "",
	} {
		if got := plainMarkdown(source); got != want {
			t.Errorf("the words of %q are %q, want %q", source, got, want)
		}
	}
}

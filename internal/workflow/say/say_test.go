package say

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var verb = regexp.MustCompile(`%(?:\[\d\])?[a-z]`)

// Every sentence is there in both languages and takes the same arguments.
func TestSentences_sayTheSame(t *testing.T) {
	t.Parallel()
	for _, key := range Keys() {
		s := sentences[key]
		if strings.TrimSpace(s.en) == "" || strings.TrimSpace(s.de) == "" {
			t.Errorf("%s lacks a language: %+v", key, s)
			continue
		}
		if s.en == s.de && strings.Contains(s.en, " ") {
			t.Errorf("%s is not translated: %s", key, s.en)
		}
		var args []any
		for _, v := range verb.FindAllString(s.en, -1) {
			if strings.HasSuffix(v, "d") {
				args = append(args, 1)
			} else {
				args = append(args, "x")
			}
		}
		for _, lang := range []string{"en", "de"} {
			if said := Of(key, args...).In(lang); strings.Contains(said, "%!") {
				t.Errorf("%s takes other arguments in %s: %s", key, lang, said)
			}
		}
		if en, de := len(args), len(verb.FindAllString(s.de, -1)); en != de {
			t.Errorf("%s takes %d arguments in English, %d in German", key, en, de)
		}
	}
}

// keyTakers are the functions that take a key, with its place among their
// arguments.
var keyTakers = map[string]int{"fault": 1, "faultKey": 1, "warn": 1, "faultIn": 2, "problem": 0, "unreadable": 1, "sayError": 1, "Of": 0}

// The code takes its keys from the catalogue, and the catalogue has no others.
func TestKeys_areThoseOfTheCode(t *testing.T) {
	t.Parallel()
	var written []string
	for _, file := range sources(t) {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.BasicLit:
				if text, err := strconv.Unquote(x.Value); err == nil {
					written = append(written, text)
				}
			case *ast.CallExpr:
				if key, ok := keyOf(x); ok && sentences[key] == (text{}) {
					t.Errorf("%s: the catalogue has no %q", file, key)
				}
			}
			return true
		})
	}
	for _, key := range Keys() {
		if !slices.Contains(written, key) && !strings.HasPrefix(key, "part.title.") {
			t.Errorf("nothing says %q", key)
		}
	}
}

func sources(t *testing.T) (all []string) {
	t.Helper()
	for _, pattern := range []string{"../*.go", "../expr/*.go", "*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if !strings.HasSuffix(f, "_test.go") && (filepath.Dir(f) != "." || f == "say.go") {
				all = append(all, f)
			}
		}
	}
	if len(all) < 50 {
		t.Fatalf("only %d files were read", len(all))
	}
	return all
}

// keyOf gives the key that a call takes, where it is written out.
func keyOf(call *ast.CallExpr) (string, bool) {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
	}
	at, takes := keyTakers[name]
	if !takes || at >= len(call.Args) {
		return "", false
	}
	literal, ok := call.Args[at].(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	key, err := strconv.Unquote(literal.Value)
	return key, err == nil
}

func TestPhrase(t *testing.T) {
	t.Parallel()
	slip := Of("part.did_you_mean", "steps")
	kinds := Or(Of("part.kind.text"), Of("part.kind.number"), Of("part.kind.list"))
	for want, got := range map[string]string{
		`"x" must be a text, a number or a list, not an object.`:                                                            Of("wrong_type", "x", kinds, Of("part.kind.object")).String(),
		`"x" muss ein Text, eine Zahl oder eine Liste sein; da steht null.`:                                                 Of("wrong_type", "x", kinds, Of("part.kind.null")).In("de"),
		`ein Workflow hat keinen Schlüssel "stepz". Meinten Sie "steps"?`:                                                   Of("unknown_key.slip", "stepz", Of("part.title.workflow"), "steps").In("de"),
		`"humna" is not a step type. Use machine, human, timer, webhook, gateway, workflow or group. Did you mean "steps"?`: Of("unknown_type", "humna", slip).In("fr"),
		`Der Ausdruck ist leer.`: Sentence(Of("expr.empty")).In("de"),
		`Es war nichts.`:         Sentence(Plain("es war nichts.")).In("en"),
		`wrong_type`:             Of("wrong_type.items").Code(),
		`no.such.key`:            Of("no.such.key").In("de"),
		``:                       Sentence(Phrase{}).In("de"),
		`a key (cause)`:          fmt.Sprintf("%s (%v)", Plain("a key"), errors.New("cause")),
	} {
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestJoin_refusesAKeyTwice(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("join accepted a key of two parts")
		}
	}()
	join(catalogue{"a": {"x", "y"}}, catalogue{"a": {"x", "y"}})
}

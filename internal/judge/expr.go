package judge

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"
)

// errBeyond says that an expression is more than this package computes: its
// outcome is not judged.
var errBeyond = errors.New("beyond this package")

// evaluate computes an expression of a small part of the language: literals,
// paths, lists, comparisons, logic, arithmetic and the conditional operator.
func evaluate(text string, vars map[string]any) (any, error) {
	p := &parser{tokens: scan(text), vars: vars}
	v, err := p.ternary()
	if err != nil {
		return nil, err
	}
	if p.at < len(p.tokens) {
		return nil, fmt.Errorf("%w: %q in %q", errBeyond, p.tokens[p.at], text)
	}
	return v, nil
}

// holds computes a condition.
func holds(text string, vars map[string]any) (bool, error) {
	v, err := evaluate(text, vars)
	if err != nil {
		return false, err
	}
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		if b, err := strconv.ParseBool(v); err == nil {
			return b, nil
		}
	}
	return false, errBeyond
}

// scan splits a text into numbers, quoted strings, names and signs.
func scan(text string) []string {
	var tokens []string
	for i := 0; i < len(text); {
		c := rune(text[i])
		j := i + 1
		switch {
		case unicode.IsSpace(c):
			i++
			continue
		case c == '"' || c == '\'':
			for j < len(text) && text[j] != text[i] {
				j++
			}
			j = min(j+1, len(text))
		case unicode.IsDigit(c):
			for j < len(text) && (unicode.IsDigit(rune(text[j])) || text[j] == '.') {
				j++
			}
		case unicode.IsLetter(c) || c == '_':
			for j < len(text) && (unicode.IsLetter(rune(text[j])) || unicode.IsDigit(rune(text[j])) || text[j] == '_') {
				j++
			}
		case j < len(text) && strings.Contains("== != <= >= && ||", text[i:j+1]):
			j++
		}
		tokens = append(tokens, text[i:j])
		i = j
	}
	return tokens
}

type parser struct {
	tokens []string
	at     int
	vars   map[string]any
}

func (p *parser) peek() string {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return ""
}

func (p *parser) take(token string) bool {
	if p.peek() == token && token != "" {
		p.at++
		return true
	}
	return false
}

func (p *parser) ternary() (any, error) {
	cond, err := p.binary(0)
	if err != nil || !p.take("?") {
		return cond, err
	}
	yes, err := p.ternary()
	if err != nil {
		return nil, err
	}
	if !p.take(":") {
		return nil, errBeyond
	}
	no, err := p.ternary()
	if err != nil {
		return nil, err
	}
	b, ok := cond.(bool)
	if !ok {
		return nil, errBeyond
	}
	if b {
		return yes, nil
	}
	return no, nil
}

// levels are the binary operators, the weakest first.
var levels = [][]string{{"||"}, {"&&"}, {"==", "!=", "<", "<=", ">", ">="}, {"+", "-"}, {"*"}}

func (p *parser) binary(level int) (any, error) {
	if level == len(levels) {
		return p.primary()
	}
	left, err := p.binary(level + 1)
	for err == nil {
		sign := p.peek()
		if !oneOf(sign, levels[level]) {
			return left, nil
		}
		p.at++
		var right any
		if right, err = p.binary(level + 1); err == nil {
			left, err = apply(sign, left, right)
		}
	}
	return nil, err
}

func oneOf(s string, list []string) bool {
	for _, one := range list {
		if s == one {
			return true
		}
	}
	return false
}

func apply(sign string, left, right any) (any, error) {
	switch sign {
	case "==":
		return reflect.DeepEqual(left, right), nil
	case "!=":
		return !reflect.DeepEqual(left, right), nil
	case "&&", "||":
		a, ok := left.(bool)
		b, fine := right.(bool)
		if !ok || !fine {
			return nil, errBeyond
		}
		return sign == "&&" && a && b || sign == "||" && (a || b), nil
	}
	a, ok := left.(float64)
	b, fine := right.(float64)
	if !ok || !fine {
		return nil, errBeyond
	}
	switch sign {
	case "<":
		return a < b, nil
	case "<=":
		return a <= b, nil
	case ">":
		return a > b, nil
	case ">=":
		return a >= b, nil
	case "+":
		return a + b, nil
	case "-":
		return a - b, nil
	}
	return a * b, nil
}

func (p *parser) primary() (any, error) {
	token := p.peek()
	p.at++
	switch {
	case token == "":
		return nil, errBeyond
	case token == "(":
		v, err := p.ternary()
		if err == nil && !p.take(")") {
			err = errBeyond
		}
		return v, err
	case token == "[":
		return p.list()
	case token == "!":
		v, err := p.primary()
		b, ok := v.(bool)
		if err == nil && !ok {
			err = errBeyond
		}
		return !b, err
	case token[0] == '"' || token[0] == '\'':
		return strings.Trim(token, token[:1]), nil
	case unicode.IsDigit(rune(token[0])):
		return strconv.ParseFloat(token, 64)
	case token == "true" || token == "false":
		return token == "true", nil
	case token == "null":
		return nil, nil
	}
	return p.path(token)
}

func (p *parser) list() (any, error) {
	list := []any{}
	for !p.take("]") {
		v, err := p.ternary()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if !p.take(",") && p.peek() != "]" {
			return nil, errBeyond
		}
	}
	return list, nil
}

// path reads a variable and the keys below it.
func (p *parser) path(name string) (any, error) {
	v, ok := p.vars[name]
	if !ok {
		return nil, fmt.Errorf("%w: %q", errBeyond, name)
	}
	for p.take(".") {
		key := p.peek()
		p.at++
		object, isObject := v.(map[string]any)
		if v, ok = object[key]; !isObject || !ok {
			return nil, fmt.Errorf("%w: no %q", errBeyond, key)
		}
	}
	return v, nil
}

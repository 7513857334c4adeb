package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints the script. It holds all that it needs: completing runs nothing.
func (c *completionCmd) Run(model *kong.Application, io std) error {
	words := wordsOf(model.Node, "", nil)
	switch c.Shell {
	case "bash":
		printBash(io.out, words)
	case "zsh":
		printZsh(io.out, words)
	case "fish":
		printFish(io.out, words)
	}
	return nil
}

// commandWords is what may follow a command.
type commandWords struct {
	path  string // "token create"; empty = the program itself
	nodes []*kong.Node
	flags []*kong.Flag
}

// wordsOf lists the commands below a node, with the flags that each inherits.
func wordsOf(n *kong.Node, path string, inherited []*kong.Flag) []commandWords {
	flags := append(append([]*kong.Flag{}, inherited...), n.Flags...)
	one := commandWords{path: path, flags: flags}
	var below []commandWords
	for _, child := range n.Children {
		if child.Hidden || child.Type != kong.CommandNode {
			continue
		}
		one.nodes = append(one.nodes, child)
		below = append(below, wordsOf(child, strings.TrimSpace(path+" "+child.Name), flags)...)
	}
	return append([]commandWords{one}, below...)
}

// printBash prints a function that finds the command among the words typed so
// far and offers what may follow it.
func printBash(out io.Writer, all []commandWords) {
	fmt.Fprint(out, `# bash completion for tandem
_tandem() {
  local cur="${COMP_WORDS[COMP_CWORD]}" at="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="${COMP_WORDS[i]}"
    case "$word" in
      -*) ;;
      *) if _tandem_words "${at:+$at }$word" >/dev/null; then at="${at:+$at }$word"; fi ;;
    esac
  done
  COMPREPLY=($(compgen -W "$(_tandem_words "$at")" -- "$cur"))
}
`)
	printWords(out, all)
	fmt.Fprint(out, "complete -o default -F _tandem tandem\n")
}

// printZsh prints the same for zsh: to be sourced, or as the file _tandem of a
// folder in fpath.
func printZsh(out io.Writer, all []commandWords) {
	fmt.Fprint(out, `#compdef tandem
_tandem() {
  local at="" word
  local -i i
  local -a offered
  for ((i = 2; i < CURRENT; i++)); do
    word="${words[i]}"
    case "$word" in
      -*) ;;
      *) if _tandem_words "${at:+$at }$word" >/dev/null; then at="${at:+$at }$word"; fi ;;
    esac
  done
  offered=(${=$(_tandem_words "$at")})
  compadd -a offered || _files
}
`)
	printWords(out, all)
	fmt.Fprint(out, "if [[ \"${funcstack[1]}\" == _tandem ]]; then _tandem \"$@\"; else compdef _tandem tandem; fi\n")
}

// printWords prints the function that says what may follow a command.
func printWords(out io.Writer, all []commandWords) {
	fmt.Fprint(out, "_tandem_words() {\n  case \"$1\" in\n")
	for _, c := range all {
		var words []string
		for _, n := range c.nodes {
			words = append(words, n.Name)
		}
		for _, f := range c.flags {
			words = append(words, "--"+f.Name)
		}
		fmt.Fprintf(out, "    %q) echo %q ;;\n", c.path, strings.Join(words, " "))
	}
	fmt.Fprint(out, "    *) return 1 ;;\n  esac\n}\n")
}

// printFish prints one line for each command and flag.
func printFish(out io.Writer, all []commandWords) {
	fmt.Fprint(out, "# fish completion for tandem\ncomplete -c tandem -f\n")
	for _, c := range all {
		var names []string
		for _, n := range c.nodes {
			names = append(names, n.Name)
		}
		when := "__fish_use_subcommand"
		if c.path != "" {
			when = "__fish_seen_subcommand_from " + strings.ReplaceAll(c.path, " ", "; and __fish_seen_subcommand_from ")
		}
		if c.path != "" && len(names) > 0 {
			when += "; and not __fish_seen_subcommand_from " + strings.Join(names, " ")
		}
		for _, n := range c.nodes {
			fmt.Fprintf(out, "complete -c tandem -n %s -a %s -d %s\n", quoted(when), n.Name, quoted(n.Help))
		}
		if c.path == "" {
			continue // each command has these as well
		}
		for _, f := range c.flags {
			fmt.Fprintf(out, "complete -c tandem -n %s -l %s -d %s\n", quoted(when), f.Name, quoted(f.Help))
		}
	}
}

// quoted writes a text as one word of a shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `\'`) + "'" }

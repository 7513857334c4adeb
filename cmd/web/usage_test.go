package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
)

func TestRun_help(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		command string
		words   []string
	}{
		{"", []string{"serve", "migrate", "validate", "apply", "user create", "token create", "bench", "TANDEM_DATABASE_URL", "TANDEM_DATA_DIR", "TANDEM_LOG"}},
		{"serve", []string{"TANDEM_ADDR", "127.0.0.1:8080", "TANDEM_PUBLIC_URL", "TANDEM_PATH_PREFIX", "--demo", "--demo-public"}},
		{"migrate", []string{"--database-url"}},
		{"validate", []string{"<files>"}},
		{"apply", []string{"<paths>", "folders"}},
		{"user", []string{"user create"}},
		{"user create", []string{"<login>", "--group", "--role", "--password-stdin", "standard input"}},
		{"token", []string{"token create"}},
		{"user reset-factor", []string{"<login>", "--tenant"}},
		{"tenant create", []string{"<name>", "--title", "--live", "--storage"}},
		{"token create", []string{"--user", "--name", "--scope"}},
		{"secret set", []string{"<name>", "--definition", "--host", "standard input", "TANDEM_SECRETS_KEY"}},
		{"bench", []string{"--json", "--instances"}},
	} {
		t.Run(tt.command, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			got := p.run(append(strings.Fields(tt.command), "--help")...)
			got.want(t, 0, append(tt.words, "Usage: tandem "+tt.command)...)
			if got.err != "" {
				t.Errorf("help went to standard error: %s", got.err)
			}
			p.wantUntouched(t)
		})
	}
}

// wantUntouched fails when a data directory was made.
func (p *place) wantUntouched(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(p.data()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data directory is there (%v); a refused command must start nothing", err)
	}
}

func TestRun_usage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		env  [2]string
		args string
		code int
		want string
	}{
		{name: "no command", args: "", code: 2, want: "expected one of"},
		{name: "unknown command", args: "dance", code: 2, want: "dance"},
		{name: "half a command", args: "user", code: 2, want: `expected one of "create"`},
		{name: "unknown flag", args: "serve --dance", code: 2, want: "unknown flag --dance; see tandem --help"},
		{name: "unknown level", args: "migrate --log loud", code: 2, want: `--log must be one of`},
		{name: "unknown level in the environment", env: [2]string{"TANDEM_LOG", "loud"}, args: "migrate", code: 2, want: `--log must be one of`},
		{name: "no file", args: "validate", code: 2, want: "<files>"},
		{name: "file that is not there", args: "validate /nowhere.yaml", code: 2, want: "/nowhere.yaml: no such file"},
		{name: "path that is not there", args: "apply /nowhere", code: 1, want: "/nowhere: no such file"},
		{name: "no login", args: "user create --password-stdin", code: 2, want: "<login>"},
		{name: "password not from standard input", args: "user create otto", code: 2, want: "--password-stdin"},
		{name: "empty password", args: "user create otto --password-stdin", code: 2, want: "standard input holds no password; send it as one line"},
		{name: "token of nobody", args: "token create --name x", code: 2, want: "--user"},
		{name: "not a number", args: "bench --instances many", code: 2, want: "--instances"},
		{name: "database address of no meaning", args: "migrate --database-url nonsense", code: 1, want: "the database's address"},
		{name: "database that does not answer", args: "migrate --database-url postgres://127.0.0.1:1/x", code: 1, want: "The database cannot be reached."},
		{name: "not an address", args: "serve --addr nonsense", code: 2, want: "write host and port, such as 127.0.0.1:8080"},
		{name: "port too high", args: "serve --addr 127.0.0.1:99999", code: 2, want: "write host and port"},
		{name: "address in the environment", env: [2]string{"TANDEM_ADDR", "nonsense"}, args: "serve", code: 2, want: `"nonsense"`},
		{name: "reachable without a public URL", args: "serve --addr 0.0.0.0:0", code: 2, want: "--public-url"},
		{name: "all interfaces without a public URL", args: "serve --addr :0", code: 2, want: "--public-url"},
		{name: "IPv6 without a public URL", args: "serve --addr [::]:0", code: 2, want: "--public-url"},
		{name: "reachable demo", args: "serve --demo --addr 0.0.0.0:0 --public-url http://tandem.example", code: 2, want: "--demo-public"},
		{name: "reachable demo, all interfaces", args: "serve --demo --addr :0 --public-url http://tandem.example", code: 2, want: "--demo-public"},
		{name: "public demo without a public URL", args: "serve --demo --demo-public --addr 0.0.0.0:0", code: 2, want: "--public-url"},
		{name: "public URL of no meaning", args: "serve --public-url ://x", code: 2, want: "https://tandem.example.com"},
		{name: "public URL without a scheme", args: "serve --public-url tandem.example", code: 2, want: "https://tandem.example.com"},
		{name: "prefix that is no path", args: "serve --path-prefix x", code: 2, want: "--path-prefix"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			if tt.env[0] != "" {
				p.env[tt.env[0]] = tt.env[1]
			}
			got := p.run(strings.Fields(tt.args)...)
			got.want(t, tt.code, "tandem: ", tt.want)
			if got.out != "" {
				t.Errorf("standard output has %q, want nothing", got.out)
			}
			p.wantUntouched(t)
		})
	}
}

const goodDocument = `format: 1
name: good
version: 1.0.0
steps:
  - {name: ask, type: human, anyone: true}
`

const badDocument = `format: 1
name: Bad
steps:
  - {name: a, typ: machine}
edges: [{source: a, target: nope}]
`

func TestValidate(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	good, bad, empty := p.file("good.yaml", goodDocument), p.file("bad.yaml", badDocument), p.file("empty.yaml", "")
	p.run("validate", good).want(t, 0, good+": valid\n")
	p.run("validate", good, bad).want(t, 3, good+": valid\n",
		bad+`:1:1: error: A workflow needs "version".`,
		bad+`:2:7: error: "Bad" cannot be the name of a workflow.`,
		bad+`:4:5: error: A step needs "type".`,
		bad+`:4:15: error: "typ" is not a key of a step. Did you mean "type"?`,
		bad+`:5:29: error: The target "nope" does not exist.`,
		"1 of 2 documents have errors")
	p.run("validate", empty).want(t, 3, empty+":1:1: error: ")
	p.run("validate", p.file("big.yaml", "# "+strings.Repeat("x", 3<<20))).want(t, 3, "big.yaml:1:1: error: ")
	p.run("validate", p.file("binary.yaml", "\x00\xff\xfe")).want(t, 3, "binary.yaml:1:1: error: ")
	p.wantUntouched(t)
}

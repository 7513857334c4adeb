package main

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const password = "correct horse battery"

// TestCommands runs every command that needs a database beside a server on
// that data directory, and on one that no server uses.
func TestCommands(t *testing.T) {
	t.Parallel()
	for name, beside := range map[string]bool{"beside a server": true, "alone": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			var s *process
			if beside {
				s = p.serve()
			}
			for range 2 {
				p.run("migrate").want(t, 0, "The schema is up to date.\n")
			}
			p.applies(t)
			p.createsUsers(t)
			secrets := []string{p.createsToken(t), p.createsToken(t, "--scope", "definitions:read")}
			if s == nil {
				s = p.serve()
			}
			p.knows(t, s, secrets[0], secrets[1])
		})
	}
}

func (p *place) applies(t *testing.T) {
	t.Helper()
	good := p.file("good.yaml", goodDocument)
	p.run("apply", good).want(t, 0, "good 1.0.0: stored\n")
	p.run("apply", good).want(t, 0, "good 1.0.0: unchanged\n")
	changed := p.file("changed.yaml", strings.Replace(goodDocument, "ask", "tell", 1))
	p.run("apply", changed).want(t, 1, changed+": This version exists with other content. Give the changed document a new version.", "1 of 1 documents")
	p.file("all/1.yaml", badDocument)
	p.file("all/2.json", `{"format": 1, "name": "second", "version": "2.0.0", "steps": [{"name": "a", "type": "machine", "action": "noop"}]}`)
	p.file("all/3.yml", strings.Replace(goodDocument, "good", "third", 1))
	p.file("all/readme.txt", "not a document")
	all := filepath.Join(p.dir, "all")
	p.run("apply", all, good).want(t, 3, "1.yaml:4:15: error: ", "second 2.0.0: stored\n", "third 1.0.0: stored\n", "good 1.0.0: unchanged\n", "1 of 4 documents were not stored")
	p.file("none/readme.txt", "not a document")
	p.run("apply", filepath.Join(p.dir, "none")).want(t, 1, "none holds no workflow documents (*.yaml, *.yml, *.json)")
}

func (p *place) createsUsers(t *testing.T) {
	t.Helper()
	create := func(args ...string) result {
		return p.feed(password+"\n", append([]string{"user", "create", "--password-stdin"}, args...)...)
	}
	create("lena", "--name", "Lena L.", "--group", "staff", "--group", "finance", "--role", "operator", "--role", "user").want(t, 0, "lena can sign in.\n")
	create("lena").want(t, 1, "tandem: This login name is taken.")
	create("Lena!").want(t, 1, `"Lena!" cannot be a login name: begin with a small letter`)
	create("mo", "--role", "king").want(t, 1, `There is no role "king". Take some of`)
	create("mo", "--group", "No Group").want(t, 1, `"No Group" cannot be a group's name`)
	create("mo", "--role", "king", "--email", "x").want(t, 1, `no role "king"`, `"x" is not an e-mail address`)
	p.feed("\r\n", "user", "create", "mo", "--password-stdin").want(t, 2, "standard input holds no password; send it as one line")
	p.feed("short", "user", "create", "mo", "--password-stdin").want(t, 1, "Take a password of at least 12 characters")
	p.feed(strings.Repeat("x", 1<<20), "user", "create", "mo", "--password-stdin").want(t, 1, "password")
	p.feed(password, "user", "create", "mo", "--password-stdin").want(t, 0, "mo can sign in.\n")
}

// createsToken gives a token's secret.
func (p *place) createsToken(t *testing.T, args ...string) string {
	t.Helper()
	create := []string{"token", "create", "--name", "script", "--user"}
	p.run(append(create, "nobody")...).want(t, 1, "tandem: There is no such person. Check the spelling of the login name.")
	p.run(append(create, "lena", "--scope", "nope")...).want(t, 1, `There is no scope "nope". Take one of definitions`)
	got := p.run(append(append(create, "lena"), args...)...)
	got.want(t, 0)
	if !regexp.MustCompile(`^tdm_[A-Za-z0-9_-]{43}\n$`).MatchString(got.out) || got.err != "" {
		t.Errorf("said %q and %q, want the token alone", got.out, got.err)
	}
	return strings.TrimSpace(got.out)
}

// knows checks through the server's API what the commands have stored.
func (p *place) knows(t *testing.T, s *process, whole, scoped string) {
	t.Helper()
	c := &client{t: t, base: s.address, token: whole}
	in := c.start("good")
	tasks := c.do("GET", "/api/v1/tasks?instance_id="+filepath.Base(in), nil)["items"].([]any)
	if len(tasks) != 1 {
		t.Fatalf("%d tasks, want 1", len(tasks))
	}
	c.do("POST", "/api/v1/tasks/"+tasks[0].(object)["id"].(string)+"/complete", object{})
	got := c.until(in, "completed")
	if got["created_by"] != "lena" {
		t.Errorf("created by %v, want lena", got["created_by"])
	}
	c.do("POST", in[:strings.LastIndex(in, "/")], object{"definition_name": "third"})
	narrow := &client{t: t, base: s.address, token: scoped}
	if list := narrow.do("GET", "/api/v1/definitions", nil); list["total"] != 3.0 {
		t.Errorf("%v definitions, want good, second and third", list["total"])
	}
	if status, _ := narrow.call("GET", in, nil); status != 403 {
		t.Errorf("beyond its scope a token gets %d, want 403", status)
	}
	none := &client{t: t, base: s.address, token: whole[:len(whole)-2] + "xx"}
	if status, _ := none.call("GET", in, nil); status != 401 {
		t.Errorf("a forged token gets %d, want 401", status)
	}
}

// TestCommands_at_once start with the server, before there is a database, and
// wait for it.
func TestCommands_at_once(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	good := p.file("good.yaml", goodDocument)
	commands := make([]*exec.Cmd, 3)
	said := make([]lockedBuffer, len(commands))
	for i := range commands {
		commands[i] = p.command("apply", good)
		commands[i].Stdout, commands[i].Stderr = &said[i], &said[i]
	}
	s := p.command("serve", "--addr", "127.0.0.1:0")
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Process.Kill(); _ = s.Wait() })
	eventually(t, "the server holds the data directory", func() bool {
		found, _ := filepath.Glob(filepath.Join(p.data(), "postgres*"))
		return len(found) > 0
	})
	for _, c := range commands {
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
	}
	stored := 0
	for i, c := range commands {
		if err := c.Wait(); err != nil {
			t.Errorf("%v\n%s", err, said[i].String())
		}
		stored += strings.Count(said[i].String(), "stored")
	}
	if stored != 1 {
		t.Errorf("stored by %d commands, want 1", stored)
	}
}

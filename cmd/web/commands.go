package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tandem"
)

type migrateCmd struct {
	Recount bool `help:"Also count anew what the dashboard shows. Changes wait meanwhile: some seconds for a million instances."`
}

// Run migrates the database.
func (c *migrateCmd) Run(ctx context.Context, s *Settings, io std) error {
	database, err := s.beside(ctx, s.logger(io.err))
	if err != nil {
		return err
	}
	defer database.close()
	if err := tandem.Migrate(ctx, database.url); err != nil {
		return err
	}
	fmt.Fprintln(io.out, "The schema is up to date.")
	if !c.Recount {
		return nil
	}
	wrong, err := tandem.Recount(ctx, database.url)
	if err != nil {
		return err
	}
	fmt.Fprintf(io.out, "Everything was counted anew; %d counters were wrong.\n", wrong)
	return nil
}

type validateCmd struct {
	Files []string `arg:"" help:"Workflow documents, YAML or JSON." type:"existingfile"`
}

// Run checks documents and prints every problem as FILE:LINE:COLUMN.
func (c *validateCmd) Run(_ context.Context, io std) error {
	bad := 0
	for _, file := range c.Files {
		source, err := readDocument(file)
		if err != nil {
			return err
		}
		errs, warnings := tandem.Validate(source)
		printProblems(io, file, "warning", warnings)
		printProblems(io, file, "error", errs)
		if len(errs) > 0 {
			bad++
			continue
		}
		fmt.Fprintf(io.out, "%s: valid\n", file)
	}
	if bad > 0 {
		return &exitError{exitInvalid, fmt.Errorf("%d of %d documents have errors", bad, len(c.Files))}
	}
	return nil
}

func printProblems(io std, file, kind string, problems []tandem.Problem) {
	for _, p := range problems {
		fmt.Fprintf(io.out, "%s:%d:%d: %s: %s\n", file, p.Line, p.Column, kind, p.Message)
	}
}

type applyCmd struct {
	Paths []string `arg:"" help:"Workflow documents, or folders of them (*.yaml, *.yml, *.json)." type:"path"`
}

// Run stores documents, all that can be stored.
func (c *applyCmd) Run(ctx context.Context, s *Settings, io std) error {
	files, err := documents(c.Paths)
	if err != nil {
		return err
	}
	app, done, err := s.open(ctx, io)
	if err != nil {
		return err
	}
	defer done()
	code, refused := exitFailed, 0
	for _, file := range files {
		invalid, err := apply(ctx, app, file, io)
		if err != nil {
			fmt.Fprintf(io.err, "%s: %s\n", file, tandem.Sentence(err))
			refused++
		}
		if invalid {
			code = exitInvalid
			refused++
		}
	}
	if refused > 0 {
		return &exitError{code, fmt.Errorf("%d of %d documents were not stored", refused, len(files))}
	}
	return nil
}

// apply stores a document. One with errors, which it prints, is invalid.
func apply(ctx context.Context, app *tandem.Tandem, file string, io std) (invalid bool, err error) {
	source, err := readDocument(file)
	if err != nil {
		return false, err
	}
	saved, err := app.Apply(ctx, source)
	printProblems(io, file, "warning", saved.Warnings)
	if problems := tandem.Problems(err); len(problems) > 0 {
		printProblems(io, file, "error", problems)
		return true, nil
	}
	if err != nil {
		return false, err
	}
	state := "unchanged"
	if saved.Created {
		state = "stored"
	}
	fmt.Fprintf(io.out, "%s %s: %s\n", saved.Name, saved.Version, state)
	return false, nil
}

// maxRead is what is read of a document, in bytes: more than one may have.
const maxRead = 2 << 20

func readDocument(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxRead))
}

// documents lists the files that the paths name, folders one level deep.
func documents(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		found, err := inFolder(path)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	return files, nil
}

func inFolder(dir string) ([]string, error) {
	entries, err := fs.ReadDir(os.DirFS(dir), ".")
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(e.Name())) {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s holds no workflow documents (*.yaml, *.yml, *.json)", dir)
	}
	return files, nil
}

type userCreateCmd struct {
	Login         string   `arg:"" help:"Login name: lower-case letters, digits, dots and dashes."`
	Name          string   `help:"Full name."`
	Email         string   `help:"E-mail address."`
	Group         []string `help:"Group to join; made when it is not there. Repeat for several."`
	Role          []string `help:"Role: admin, operator, author, auditor or user. Repeat for several."`
	Tenant        string   `help:"Tenant to create it in; the one that every server has when absent." placeholder:"NAME"`
	PasswordStdin bool     `help:"Read the password from standard input, one line." required:""`
}

// Run creates an account.
func (c *userCreateCmd) Run(ctx context.Context, s *Settings, io std) error {
	password, err := readPassword(io.in)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	app, done, err := s.open(ctx, io)
	if err != nil {
		return err
	}
	defer done()
	if err := app.CreateUser(ctx, tandem.NewUser{
		Tenant: c.Tenant, Login: c.Login, Name: c.Name, Email: c.Email, Groups: c.Group, Roles: c.Role, Password: password,
	}); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%s can sign in.\n", c.Login)
	return nil
}

// maxLine is what is read of a line with a password, in bytes.
const maxLine = 4096

func readPassword(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, maxLine)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("read the password from standard input: %w", err)
	}
	password := strings.TrimRight(line, "\r\n")
	if password == "" {
		return "", errors.New("standard input holds no password; send it as one line")
	}
	return password, nil
}

type tokenCreateCmd struct {
	User   string   `help:"Whose token it is." required:""`
	Tenant string   `help:"Tenant of the account; the one that every server has when absent." placeholder:"NAME"`
	Name   string   `help:"Label that tells it from others." required:""`
	Scope  []string `help:"What it may reach, such as instances or tasks:read; everything when absent. Repeat for several."`
}

// Run creates a token and prints it alone, so that scripts can take it.
func (c *tokenCreateCmd) Run(ctx context.Context, s *Settings, io std) error {
	app, done, err := s.open(ctx, io)
	if err != nil {
		return err
	}
	defer done()
	secret, err := app.CreateTokenIn(ctx, c.Tenant, c.User, c.Name, c.Scope)
	if err != nil {
		return err
	}
	fmt.Fprintln(io.out, secret)
	return nil
}

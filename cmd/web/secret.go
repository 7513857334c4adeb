package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"tandem"
)

// secretSettings say where the master keys of secrets are.
type secretSettings struct {
	SecretsKey     string `help:"Master keys of secrets, 32 bytes each in base64: the current one, then old ones. Better in the environment than here. (TANDEM_SECRETS_KEY)" name:"secrets-key" placeholder:"KEY"`
	SecretsKeyFile string `help:"File with the master keys of secrets; with a private Postgres one is made beside its data. (TANDEM_SECRETS_KEY_FILE)" name:"secrets-key-file" placeholder:"FILE" type:"path"`
}

// keyFileName is the file with the master key that is made beside the data of a
// private Postgres.
const keyFileName = "secrets.key"

// maxKeyFile is what is read of a file with keys, in bytes.
const maxKeyFile = 64 << 10

// secretsKey gives the master keys: those of the settings, else those of the
// private Postgres's data directory, made when they are not there. It is empty
// for a database of one's own without settings.
func (s *Settings) secretsKey() (string, error) {
	switch {
	case s.SecretsKey != "" && s.SecretsKeyFile != "":
		return "", &exitError{exitUsage, errors.New("give either TANDEM_SECRETS_KEY or TANDEM_SECRETS_KEY_FILE, not both")}
	case s.SecretsKey != "":
		return s.SecretsKey, nil
	case s.SecretsKeyFile != "":
		return readKeys(s.SecretsKeyFile)
	case s.DatabaseURL != "":
		return "", nil
	}
	dir, err := s.dataDir()
	if err != nil {
		return "", err
	}
	return ownKeys(filepath.Join(dir, keyFileName))
}

func readKeys(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("read the master keys of secrets: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return "", fmt.Errorf("read the master keys of secrets: %w", err)
	}
	if strings.TrimSpace(string(text)) == "" {
		return "", fmt.Errorf("%s holds no master key", file)
	}
	return string(text), nil
}

// ownKeys reads the file with the master key, and makes it, whole or not at all:
// of several that start at once, all use that of the first.
func ownKeys(file string) (string, error) {
	text, err := readKeys(file)
	if !errors.Is(err, fs.ErrNotExist) {
		return text, err
	}
	fresh, err := os.CreateTemp(filepath.Dir(file), ".secrets-*") // with mode 0600
	if err != nil {
		return "", fmt.Errorf("make the master key of secrets: %w", err)
	}
	defer os.Remove(fresh.Name())
	_, err = fmt.Fprintf(fresh, "# The master key of the secrets in this database: without it they are lost.\n%s\n", tandem.NewSecretsKey())
	if err = errors.Join(err, fresh.Sync(), fresh.Close()); err != nil {
		return "", fmt.Errorf("make the master key of secrets: %w", err)
	}
	if err := os.Link(fresh.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("make the master key of secrets: %w", err)
	}
	return readKeys(file)
}

// openSecrets is open with the master keys.
func (s *Settings) openSecrets(ctx context.Context, io std) (*tandem.Tandem, func(), error) {
	return s.openWith(ctx, io, func(c *tandem.Config) (err error) {
		c.SecretsKey, err = s.secretsKey()
		return err
	})
}

type secretSetCmd struct {
	Name       string   `arg:"" help:"Name, in capitals, such as PAY_KEY."`
	Definition []string `help:"Workflow whose steps may use it, or * for all. Repeat for several." required:""`
	Host       []string `help:"Host that it may go to, such as api.example.com, *.example.com or * for anywhere. Repeat for several." required:""`
}

// Run stores a secret whose value stands on standard input.
func (c *secretSetCmd) Run(ctx context.Context, s *Settings, io std) error {
	value, err := readSecret(io.in)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	app, done, err := s.openSecrets(ctx, io)
	if err != nil {
		return err
	}
	defer done()
	if err := app.SetSecret(ctx, tandem.NewSecret{Name: c.Name, Value: value, Definitions: c.Definition, Hosts: c.Host}); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%s is stored.\n", c.Name)
	return nil
}

// maxSecret is what is read of a secret, in bytes: more than one may have.
const maxSecret = 32 << 10

// readSecret reads everything, without the line break at its end.
func readSecret(in io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(in, maxSecret))
	if err != nil {
		return "", fmt.Errorf("read the secret from standard input: %w", err)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if value == "" {
		return "", errors.New("standard input holds no value; send it there, so that it is in no list of processes and no history")
	}
	return value, nil
}

type secretListCmd struct{}

// Run lists secrets without their values.
func (secretListCmd) Run(ctx context.Context, s *Settings, io std) error {
	app, done, err := s.openSecrets(ctx, io)
	if err != nil {
		return err
	}
	defer done()
	table := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tDEFINITIONS\tHOSTS\tKEY\tUPDATED")
	for after := ""; ; {
		page, err := app.Secrets(ctx, after, 200)
		if err != nil {
			return err
		}
		for _, one := range page {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", one.Name, strings.Join(one.Definitions, ","), strings.Join(one.Hosts, ","),
				one.KeyID, one.UpdatedAt.Format("2006-01-02 15:04:05Z"))
			after = one.Name
		}
		if len(page) < 200 {
			return table.Flush()
		}
	}
}

type secretDeleteCmd struct {
	Name string `arg:"" help:"Name of the secret."`
}

// Run removes a secret.
func (c *secretDeleteCmd) Run(ctx context.Context, s *Settings, io std) error {
	app, done, err := s.openSecrets(ctx, io)
	if err != nil {
		return err
	}
	defer done()
	if err := app.DeleteSecret(ctx, c.Name); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%s is deleted.\n", c.Name)
	return nil
}

type secretRekeyCmd struct{}

// Run seals every secret with the current master key.
func (secretRekeyCmd) Run(ctx context.Context, s *Settings, io std) error {
	app, done, err := s.openSecrets(ctx, io)
	if err != nil {
		return err
	}
	defer done()
	n, err := app.RekeySecrets(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%d secrets had another key; all have the current one.\n", n)
	return nil
}

package tandem

import (
	"context"
	"fmt"
	"io/fs"

	"tandem/definitions"
	"tandem/internal/auth"
	"tandem/internal/workflow"
)

// DemoPassword is the password of every demo person.
const DemoPassword = "tandem"

// DemoPerson is a person of the demo.
type DemoPerson struct {
	Login  string
	Name   string
	About  string // what the person does, in a few words
	Roles  []Role
	Groups []string
}

// DemoPeople lists the people of the demo.
func DemoPeople() []DemoPerson {
	return []DemoPerson{
		{"ada", "Ada Admin", "admin", []Role{workflow.RoleAdmin}, []string{"staff"}},
		{"olga", "Olga Operator", "operator: watches and mends", []Role{workflow.RoleOperator}, []string{"staff"}},
		{"arno", "Arno Author", "author: writes workflows", []Role{workflow.RoleAuthor}, []string{"staff"}},
		{"mia", "Mia Manager", "decides for the group managers", nil, []string{"managers", "staff"}},
		{"finn", "Finn Finance", "decides for the group finance", nil, []string{"finance", "staff"}},
		{"cleo", "Cleo Chief", "CFO, decides for the group executives", nil, []string{"executives", "staff"}},
		{"tess", "Tess Technical", "reviews technically, tests, sets up computers", nil, []string{"technical", "qa", "it", "staff"}},
		{"edda", "Edda Editor", "reviews language, decides for hr and product", nil, []string{"editorial", "hr", "product", "staff"}},
		{"otto", "Otto Office", "staff: starts expenses and orders", nil, []string{"staff"}},
	}
}

// LoadDemo makes the demo's people and workflows where they are not there yet,
// and shows the people on the sign-in page.
func (t *Tandem) LoadDemo(ctx context.Context) error {
	setup := workflow.SystemActor(workflow.DefaultTenant, "demo")
	for _, p := range DemoPeople() {
		if _, err := t.people.EnsureUser(ctx, setup, auth.NewUser{
			Login: p.Login, Name: p.Name, Password: DemoPassword, AnyPassword: true, Roles: p.Roles, Groups: p.Groups,
		}); err != nil {
			return fmt.Errorf("demo person %s: %w", p.Login, err)
		}
		t.showing.ShowDemoPerson(p.Login, p.About)
	}
	return fs.WalkDir(definitions.FS, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		source, err := fs.ReadFile(definitions.FS, path)
		if err != nil {
			return err
		}
		if _, err := t.Apply(ctx, source); err != nil {
			return fmt.Errorf("demo workflow %s: %w", path, err)
		}
		return nil
	})
}

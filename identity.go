package tandem

import (
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml"

	"tandem/internal/auth"
	"tandem/internal/oidc"
)

// IdentityProvider is an OpenID Connect provider by which people sign in.
type IdentityProvider = oidc.Config

// Admission says what a provider's people may become here.
type Admission = auth.Admission

// maxProviders bounds how many providers there can be.
const maxProviders = 20

// providerDocument is one provider as configuration writes it.
type providerDocument struct {
	Name             string   `yaml:"name"`
	Title            string   `yaml:"title"`
	Issuer           string   `yaml:"issuer"`
	ClientID         string   `yaml:"client_id"`
	ClientSecret     string   `yaml:"client_secret"`
	ClientSecretFile string   `yaml:"client_secret_file"`
	Scopes           []string `yaml:"scopes"`
	Claims           struct {
		Login  string `yaml:"login"`
		Groups string `yaml:"groups"`
	} `yaml:"claims"`
	Create  bool              `yaml:"create"`
	Groups  map[string]string `yaml:"groups"`
	Roles   map[string]Role   `yaml:"roles"`
	Tenants map[string]string `yaml:"tenants"`
}

// ReadIdentityProviders reads the file in which identity providers are configured
// (docs/people.md), and the files with their client secrets. Keys that it does
// not know are errors.
func ReadIdentityProviders(file string) ([]IdentityProvider, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the identity providers: %w", err)
	}
	var document struct {
		Providers []providerDocument `yaml:"providers"`
	}
	if err := yaml.UnmarshalWithOptions(text, &document, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("read the identity providers in %s: %w", file, err)
	}
	var list []IdentityProvider
	for _, d := range document.Providers {
		c := IdentityProvider{
			Name: d.Name, Title: d.Title, Issuer: d.Issuer, ClientID: d.ClientID, ClientSecret: d.ClientSecret, Scopes: d.Scopes,
			LoginClaim: d.Claims.Login, GroupsClaim: d.Claims.Groups,
			Admission: Admission{Create: d.Create, Groups: d.Groups, Roles: d.Roles, Tenants: d.Tenants},
		}
		if d.ClientSecretFile != "" {
			secret, err := os.ReadFile(d.ClientSecretFile)
			if err != nil {
				return nil, fmt.Errorf("read the client secret of %s: %w", d.Name, err)
			}
			c.ClientSecret = strings.TrimSpace(string(secret))
		}
		list = append(list, c)
	}
	return list, nil
}

// identityProviders makes the providers of a Config.
func (c Config) identityProviders() ([]*oidc.Provider, error) {
	if len(c.IdentityProviders) > maxProviders {
		return nil, fmt.Errorf("tandem: %d identity providers, at most %d are possible", len(c.IdentityProviders), maxProviders)
	}
	var list []*oidc.Provider
	names := map[string]bool{}
	for _, config := range c.IdentityProviders {
		p, err := oidc.New(config, c.PublicURL+"/login/callback/"+config.Name)
		if err != nil {
			return nil, err
		}
		if names[p.Name] {
			return nil, fmt.Errorf("oidc: two providers have the name %s", p.Name)
		}
		names[p.Name] = true
		list = append(list, p)
	}
	return list, nil
}

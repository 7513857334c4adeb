package auth

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tandem/internal/workflow"
)

// Limits of accounts.
const (
	maxName   = 200 // characters
	maxEmail  = 254 // bytes
	maxGroups = 200 // of one person
	maxPage   = 200 // rows of a list
	maxNames  = 1000
)

var langRule = regexp.MustCompile(`^([a-z]{2})?$`)

// checkChange tidies a change and returns its faults.
func checkChange(c *Change) []*workflow.Problem {
	name, email, lang, roles, groups := "-", "", "", []workflow.Role{workflow.RoleUser}, []string(nil)
	if c.Name != nil {
		name = strings.TrimSpace(*c.Name)
		c.Name = &name
	}
	if c.Email != nil {
		email = strings.TrimSpace(*c.Email)
		c.Email = &email
	}
	if c.Lang != nil {
		lang = *c.Lang
	}
	if c.Roles != nil {
		roles = sorted(c.Roles)
		c.Roles = roles
	}
	if c.Groups != nil {
		groups = sorted(*c.Groups)
		c.Groups = &groups
	}
	return append(checkUser(name, email, roles, groups), checkLang(lang))
}

func checkUser(name, email string, roles []workflow.Role, groups []string) []*workflow.Problem {
	faults := []*workflow.Problem{checkName(name), checkEmail(email), checkRoles(roles)}
	if len(groups) > maxGroups {
		return append(faults, problem("/groups", "too_many", "A person can be in at most %d groups.", maxGroups))
	}
	for _, g := range groups {
		if !nameRule.MatchString(g) {
			faults = append(faults, problem("/groups", "bad_name", "%q cannot be a group's name: %s", g, nameAdvice))
		}
	}
	return faults
}

const nameAdvice = "begin with a small letter and go on with small letters, digits, dots, underscores and hyphens, 63 in all."

func checkLoginName(login string) *workflow.Problem {
	if nameRule.MatchString(login) {
		return nil
	}
	return problem("/login", "bad_name", "%q cannot be a login name: %s", login, nameAdvice)
}

func checkName(name string) *workflow.Problem {
	if name == "" || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
		return problem("/name", "bad_name", "Give a name of 1 to %d characters on one line.", maxName)
	}
	return nil
}

func checkEmail(email string) *workflow.Problem {
	if email == "" {
		return nil
	}
	local, host, _ := strings.Cut(email, "@")
	odd := func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("<>,;@", r)
	}
	if local == "" || host == "" || len(email) > maxEmail || !utf8.ValidString(email) || strings.ContainsFunc(local+host, odd) {
		return problem("/email", "bad_email", "%q is not an e-mail address. Write it as name@example.com, or leave it out.", email)
	}
	return nil
}

func checkLang(lang string) *workflow.Problem {
	if langRule.MatchString(lang) {
		return nil
	}
	return problem("/lang", "bad_lang", "Name the language by its two letters, such as en or de, or leave it out.")
}

func checkRoles(roles []workflow.Role) *workflow.Problem {
	if len(roles) == 0 {
		return problem("/roles", "required", "Give at least one role; user is the smallest.")
	}
	for _, r := range roles {
		if !slices.Contains(workflow.Roles(), r) {
			return problem("/roles", "unknown_role", "There is no role %q. Take some of %v.", r, workflow.Roles())
		}
	}
	return nil
}

// sorted returns the distinct values in order, never nil.
func sorted[T ~string](values []T) []T {
	out := append([]T{}, values...)
	slices.Sort(out)
	return slices.Compact(out)
}

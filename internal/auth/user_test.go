package auth

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tandem/internal/workflow"
)

func TestCheckLoginName(t *testing.T) {
	t.Parallel()
	for login, ok := range map[string]bool{
		"ada": true, "a": true, "ada.l_o-1": true, "a" + strings.Repeat("b", 62): true,
		"": false, "Ada": false, "1ada": false, ".ada": false, "ada b": false, "ada\n": false,
		"system:timeout": false, "äda": false, "a" + strings.Repeat("b", 63): false,
	} {
		if got := checkLoginName(login) == nil; got != ok {
			t.Errorf("login %q accepted: %v, want %v", login, got, ok)
		}
	}
}

func TestCheckEmail(t *testing.T) {
	t.Parallel()
	for email, ok := range map[string]bool{
		"": true, "ada@example.com": true, "a+b@localhost": true, "jörg@müller.example": true,
		"ada": false, "@": false, "ada@": false, "@example.com": false, "a@b@c": false,
		"a b@c": false, "a@b, c@d": false, "a@b\r\nBcc: c@d": false, "Ada <ada@example.com>": false,
		"a@" + strings.Repeat("b", 253): false,
	} {
		if got := checkEmail(email) == nil; got != ok {
			t.Errorf("e-mail %q accepted: %v, want %v", email, got, ok)
		}
	}
}

func TestCheckUser(t *testing.T) {
	t.Parallel()
	user := []workflow.Role{workflow.RoleUser}
	for _, tt := range []struct {
		name, user, email string
		roles             []workflow.Role
		groups            []string
		want              []string
	}{
		{"fine", "Ada", "", user, []string{"finance"}, nil},
		{"everything wrong", "", "x", []workflow.Role{"king"}, []string{"Finance"}, []string{"/name", "/email", "/roles", "/groups"}},
		{"no role", "Ada", "", nil, nil, []string{"/roles"}},
		{"two lines", "Ada\nLovelace", "", user, nil, []string{"/name"}},
		{"zero byte", "Ada\x00", "", user, nil, []string{"/name"}},
		{"not UTF-8", "Ada\xff", "", user, nil, []string{"/name"}},
		{"long name in umlauts", strings.Repeat("ä", 200), "", user, nil, nil},
		{"too long name", strings.Repeat("ä", 201), "", user, nil, []string{"/name"}},
		{"too many groups", "Ada", "", user, make([]string, 201), []string{"/groups"}},
	} {
		var got []string
		for _, f := range checkUser(tt.user, tt.email, tt.roles, tt.groups) {
			if f != nil {
				got = append(got, f.Pointer)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: faults (-want +got):\n%s", tt.name, diff)
		}
	}
}

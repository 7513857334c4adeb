package views

// LoginView is the page to sign in on.
type LoginView struct {
	Login         string // as typed
	LoginError    string // "" for none
	PasswordError string
	Problem       string // of the attempt as a whole, "" for none
	People        []DemoPerson
	Providers     []Link // other ways to sign in
	Elsewhere     []Link // where one is signed in still
}

// Link is an address with its words.
type Link struct{ Label, Href string }

// DemoPerson is a person of the demo, offered on the sign-in page.
type DemoPerson struct {
	Login   string
	About   string
	Href    string // fills in the name, with the path prefix
	Current bool
}

// problems lists what is wrong with the attempt, above the form.
func (v LoginView) problems() Problems {
	var problems Problems
	add := func(text, href string) {
		if text != "" {
			problems.Items = append(problems.Items, ProblemItem{Text: text, Href: href})
		}
	}
	add(v.Problem, "#login")
	add(v.LoginError, "#login")
	add(v.PasswordError, "#password")
	return problems
}

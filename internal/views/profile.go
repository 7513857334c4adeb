package views

// ProfileView is what a person sees of his own account.
type ProfileView struct {
	Login        string
	Roles        []string
	Groups       []string
	Account      *FormBox          // nil where another program says who signs in
	Password     *FormBox          // nil for an account without one
	SecondFactor *SecondFactorView // nil for an account without a password
	Identities   *IdentitiesView   // nil where there are none and no provider
	Substitutes  SubstitutesView
	Sessions     SessionsView
	Tokens       TokensView
}

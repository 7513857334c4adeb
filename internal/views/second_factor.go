package views

// SecondFactorView is what a person sees of his second factor.
type SecondFactorView struct {
	On      string // since when and how many recovery codes are left, "" when it is off
	Forms   []FormBox
	GoOn    string // address at which setting up goes on, "" for none begun
	Cancel  Act
	Missing bool // the server has no master key
}

// SetUpView is what an app for codes is told.
type SetUpView struct {
	Lead    string // "" for none
	Picture string // address of the QR code
	Secret  string // in groups
	Confirm FormBox
	Cancel  *Act // nil for none
}

// CodesView shows recovery codes, this once.
type CodesView struct {
	Codes []string
	Done  string // where it goes on, with the path prefix
}

// CodeView asks for a code to sign in.
type CodeView struct {
	Form  FormBox
	Other string // address to sign in as somebody else
}

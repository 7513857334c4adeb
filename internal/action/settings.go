package action

// Settings are what an operator says about the built-in actions.
type Settings struct {
	// HTTPAllow names the private targets that http.request may reach: host,
	// host:port, address, address:port or CIDR block.
	HTTPAllow []string
	// SMTPURL is the mail server of email.send, smtp://[user:password@]host[:port]
	// or smtps://…; empty = there is none.
	SMTPURL string
	// MailFrom is the sender of mails, such as "Tandem <tandem@example.com>".
	MailFrom string
}

// New returns a registry of the built-in actions.
func New(s Settings) (Registry, error) {
	allow, err := parseAllowed(s.HTTPAllow)
	if err != nil {
		return nil, err
	}
	mails, err := newMailer(s.SMTPURL, s.MailFrom)
	if err != nil {
		return nil, err
	}
	r := Plain()
	r["http.request"], r["email.send"] = newRequester(allow), mails
	return r, nil
}

// Plain returns the actions that reach nothing outside of the program.
func Plain() Registry {
	return Registry{"noop": Func(noop), "log": Func(logLine), "set": Func(set), "fail": Func(fail)}
}

// BuiltIn returns a registry of the built-in actions with default settings.
func BuiltIn() Registry {
	r, err := New(Settings{})
	if err != nil {
		panic(err) // there is nothing in empty settings to be wrong
	}
	return r
}

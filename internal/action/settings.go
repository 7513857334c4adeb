package action

// Settings are what an operator says about the built-in actions.
type Settings struct {
	// HTTPAllow names the private targets that http.request may reach: host,
	// host:port, address, address:port or CIDR block.
	HTTPAllow []string
}

// New returns a registry of the built-in actions.
func New(s Settings) (Registry, error) {
	allow, err := parseAllowed(s.HTTPAllow)
	if err != nil {
		return nil, err
	}
	return Registry{
		"noop": Func(noop), "set": Func(set), "log": Func(logLine), "fail": Func(fail),
		"http.request": newRequester(allow),
	}, nil
}

// BuiltIn returns a registry of the built-in actions with default settings.
func BuiltIn() Registry {
	r, err := New(Settings{})
	if err != nil {
		panic(err) // there is nothing in empty settings to be wrong
	}
	return r
}

package views

// keyGroup is keys that work in one place.
type keyGroup struct {
	title string
	keys  []keyLine
}

// keyLine says what keys do.
type keyLine struct {
	keys []string
	text string
}

// keyGroups lists all keys. Each is beside a control that does the same.
func (p Page) keyGroups() []keyGroup {
	line := func(text string, keys ...string) keyLine { return keyLine{keys, p.T("keys." + text)} }
	return []keyGroup{
		{p.T("keys.everywhere"), []keyLine{line("list", "?"), line("search", "/", "Ctrl K"), line("close", "Esc")}},
		{p.T("inbox.title"), []keyLine{
			line("next", "j", "↓"), line("before", "k", "↑"), line("open", "Enter"), line("pick", "x"),
			line("bulk", "b"), line("claim", "c"), line("page", "n"),
		}},
		{p.T("keys.task"), []keyLine{line("edit", "e"), line("decide", "d"), line("save", "s"), line("claim", "c"), line("unclaim", "u"), line("comment", "m")}},
		{p.T("keys.graph"), []keyLine{line("zoom_in", "+"), line("zoom_out", "-"), line("zoom_fit", "0"), line("pan", "←", "↑", "↓", "→")}},
		{p.T("keys.editor"), []keyLine{
			line("complete", p.T("keys.ctrl_space")), line("leave_text", "Esc", "Tab"), line("step_next", "n"), line("step_before", "p"),
			line("step_keys", "Enter"), line("step_list", "↑", "↓"),
		}},
	}
}

func (p Page) keyChoices() []choice {
	return []choice{{"on", "", p.T("keys.on"), !p.KeysOff}, {"off", "", p.T("keys.off"), p.KeysOff}}
}

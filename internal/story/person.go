package story

// human draws whom a step asks, so that always somebody of Staff may decide.
func (t *teller) human(keys object) {
	keys["outcomes"] = []string{"yes", "no"}
	switch t.IntN(5) {
	case 0:
		keys["candidate_groups"] = []string{Group}
		t.uses["candidate_groups"]++
	case 1:
		keys["candidate_users"] = Staff
		t.uses["candidate_users"]++
	case 2:
		keys["assignee"], keys["candidate_groups"] = Staff[t.IntN(len(Staff))], []string{Group}
		t.uses["assignee"]++
	default:
		keys["anyone"] = true
	}
	if t.may(Guests) && t.chance(3) {
		keys["guests"] = []string{Guest}
		t.uses["guests"]++
	}
	if t.chance(5) {
		keys["exclude"] = []string{"zoe"}
		t.uses["exclude"]++
	}
	if t.chance(4) {
		keys["title"], keys["priority"] = "Decide on {{ data.x }}", t.IntN(5)
		keys["form"] = object{"schema": object{"type": "object", "properties": object{"why": object{"type": "string"}}}}
		t.uses["form"]++
	}
	t.deadlines(keys)
}

// deadlines gives a task times that change nothing of where the story goes.
func (t *teller) deadlines(keys object) {
	if t.chance(4) {
		keys["due"], keys["remind"] = t.millis(5, 250), t.millis(5, 250)
		t.uses["due and remind"]++
	}
	if t.chance(4) {
		keys["escalate"] = object{"after": t.millis(5, 250), "groups": []string{Bosses}}
		if t.chance(2) {
			keys["escalate"].(object)["users"] = []string{"olga"}
		}
		t.uses["escalate"]++
	}
}

// webhook draws what a webhook step waits for: a request to its address, or a
// message too.
func (t *teller) webhook(keys object) {
	if t.chance(4) {
		keys["schema"] = object{"type": "object"}
		t.uses["schema of a webhook"]++
	}
	if !t.may(Messages) || t.chance(2) {
		return
	}
	name := "news." + t.name
	message := object{"name": name}
	if t.level > 0 || t.chance(2) { // whoever has the same x waits for the same message
		message["key"] = "k{{ data.x }}"
	}
	keys["message"] = message
	t.messages = append(t.messages, name)
	t.uses["message"]++
}

package story

// starts draws what starts a workflow beside people, and how many may live.
func (t *teller) starts(s *Story, doc object) {
	doc["title"], doc["labels"] = "Story of "+t.name, []string{"story"}
	if t.chance(4) {
		doc["input_schema"], doc["initial_step"] = object{"type": "object"}, "s0"
		t.uses["input_schema"]++
	}
	if t.level > 0 {
		return
	}
	if t.chance(6) {
		doc["unique"], s.Unique = "running", true
		t.uses["unique"]++
	}
	if t.may(Messages) && t.chance(6) {
		s.StartOn = "go." + t.name
		doc["start_on"] = object{"message": s.StartOn}
		if t.chance(2) {
			doc["start_on"] = object{"message": s.StartOn, "key": "data.who"}
		}
		t.uses["start_on"]++
	}
	if t.may(Clocks) && t.chance(6) {
		s.Clocks = 1 + t.IntN(2)
		doc["schedules"] = t.schedules(s)
	}
	if t.chance(4) {
		doc["search"] = []string{"x", "who"}
		t.uses["search"]++
	}
}

// schedules draws clocks that start the workflow.
func (t *teller) schedules(s *Story) []object {
	var list []object
	for range s.Clocks {
		one := object{
			"cron": pick(t, "* * * * *", "*/2 * * * *"), "overlap": pick(t, "skip", "queue", "allow"),
			"input": decode(s.Input),
		}
		switch t.IntN(4) {
		case 0:
			one["catch_up"] = true
		case 1, 2:
			one["catch_up"] = 100
		}
		t.uses["schedule "+one["overlap"].(string)]++
		list = append(list, one)
	}
	return list
}

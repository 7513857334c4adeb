package workflow

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// whole completes a document: "steps" and what follows are given, name and
// version are put before it on the first two lines.
func whole(rest string) string { return "name: sample\nversion: 1.0.0\n" + rest }

const oneTimer = "steps:\n- {name: a, type: timer, duration: 1s}\n"

var badDocuments = map[string]struct {
	source string
	want   []string
}{
	"empty document":       {"", []string{`1:1 : The document is empty. A workflow needs name, version and steps.`}},
	"only a comment":       {"# nothing\n", []string{`1:1 : The document is empty. A workflow needs name, version and steps.`}},
	"not an object":        {"- a\n", []string{`1:1 : A workflow must be an object, not a list.`}},
	"broken YAML":          {"name: [a\n", []string{`1:7 : The YAML cannot be read: the text ends before the bracket that is opened here (sequence end token ']' not found).`}},
	"two documents":        {"name: a\n---\nname: b\n", []string{`3:1 : The file holds more than one YAML document. Keep one workflow in a file.`}},
	"not UTF-8":            {"name: \xff\n", []string{`1:1 : The document is not UTF-8 text. Save it as UTF-8.`}},
	"U+0000":               {"name: \"a\\0\"\n", []string{`1:7 : A text holds the character U+0000. Remove it.`}},
	"U+0000 in a key":      {`{"a\u0000": 1}`, []string{`1:2 : A text holds the character U+0000. Remove it.`}},
	"lone surrogate":       {"{\n \"name\": \"\\ud800\"}", []string{`2:11 : A text has half of a surrogate pair. Write the whole character.`}},
	"alias without anchor": {"name: *a\n", []string{`1:7 : The alias *a has no anchor before it.`}},
	"alias inside itself":  {"name: &a [*a]\n", []string{`1:11 : The alias *a has no anchor before it.`}},
	"unknown tag":          {"name: !!binary aGk=\n", []string{`1:7 : The YAML tag !!binary is not known here. Remove it.`}},
	"not a number":         {"name: .nan\n", []string{`1:7 : This value cannot be used in a definition.`}},
	"missing keys":         {"title: x\n", []string{`1:1 : A workflow needs "name".`, `1:1 : A workflow needs "version".`, `1:1 : A workflow needs "steps".`}},
	"unknown key":          {whole("stepz: 1\n" + oneTimer), []string{`3:1 /stepz: "stepz" is not a key of a workflow. Did you mean "steps"?`}},
	"unknown far key":      {whole("zzzzzzzzzzzzzzzz: 1\n" + oneTimer), []string{`3:1 /zzzzzzzzzzzzzzzz: "zzzzzzzzzzzzzzzz" is not a key of a workflow. The nearest key is "format".`}},
	"unknown step key":     {whole("steps:\n- {name: a, type: timer, duraton: 1s, duration: 1s}\n"), []string{`4:26 /steps/0/duraton: "duraton" is not a key of a timer step. Did you mean "duration"?`}},
	"key of another type":  {whole("steps:\n- {name: a, type: timer, duration: 1s, outcomes: [x]}\n"), []string{`4:40 /steps/0/outcomes: "outcomes" is not a key of a timer step. It belongs to a human step.`}},
	"key written twice":    {whole("title: a\ntitle: b\n" + oneTimer), []string{`4:1 /title: The key "title" is written twice. Keep one.`}},
	"wrong type":           {whole("labels: x\n" + oneTimer), []string{`3:9 /labels: "labels" must be a list, not a text.`}},
	"wrong item":           {whole("labels: [a, {}]\n" + oneTimer), []string{`3:13 /labels/1: Each of "labels" must be a text, not an object.`}},
	"wrong value":          {whole("steps:\n- {name: a, type: timer, duration: 1s, join: al}\n"), []string{`4:46 /steps/0/join: "join" must be all, any or first; "al" is not. Did you mean "all"?`}},
	"unknown format":       {whole("format: 2\n" + oneTimer), []string{`3:9 /format: Format 2 is not known. This version of Tandem reads format 1.`}},
	"bad name":             {"name: Big Name\nversion: 1.0.0\n" + oneTimer, []string{`1:7 /name: "Big Name" cannot be the name of a workflow. Use 1 to 63 lower-case letters, digits, _ and -, a letter first.`}},
	"bad version":          {"name: a\nversion: 1.0\n" + oneTimer, []string{`2:10 /version: "1.0" is not a semantic version. Write three numbers, such as 1.0.0.`}},
	"bad step name":        {whole("steps:\n- {name: a-b, type: timer, duration: 1s}\n"), []string{`4:10 /steps/0/name: "a-b" cannot be the name of a step. Use 1 to 63 lower-case letters, digits and _, a letter first.`}},
	"reserved step name":   {whole("steps:\n- {name: in, type: timer, duration: 1s}\n"), []string{`4:10 /steps/0/name: "in" cannot be the name of a step: it is a word of the expression language. Choose another.`}},
	"no steps":             {whole("steps: []\n"), []string{`3:8 /steps: A workflow needs at least one step.`}},
	"step without type":    {whole("steps:\n- name: a\n"), []string{`4:3 /steps/0: A step needs "type".`}},
	"unknown type":         {whole("steps:\n- {name: a, type: humna}\n"), []string{`4:19 /steps/0/type: "humna" is not a step type. Use machine, human, timer, webhook, gateway, workflow or group. Did you mean "human"?`}},
	"group keys":           {whole("steps:\n- {name: a, type: group, mode: race, for_each: x, oops: 1}\n"), []string{`4:3 /steps/0: A group of mode race needs "steps".`, `4:38 /steps/0/for_each: "for_each" is not a key of a group step. The nearest key is "mode".`, `4:51 /steps/0/oops: "oops" is not a key of a group step. The nearest key is "type".`}},
	"bad guests":           {whole("steps:\n- {name: a, type: human, guests: [Ana <ana@example.com>, ok@example.com, \"{{ data.x }}\"]}\n"), []string{`4:35 /steps/0/guests/0: "guests" takes e-mail addresses: "Ana <ana@example.com>" is no e-mail address.`}},
	"bad search":           {whole("search: [a.b, \"a b\", a.b, c, d, e, f, g, h]\n" + oneTimer), []string{`3:15 /search/1: "a b" is not a path into data. Write keys with dots between them, such as customer.name.`, `3:22 /search/2: The path "a.b" is there twice.`, `3:42 /search/8: A workflow has at most 8 search paths. Each costs a row with every change of data.`}},
	"bad verify": {whole("steps:\n- {name: a, type: webhook, verify: {scheme: githb, secret: hush}}\n- {name: b, type: webhook, verify: {scheme: slack}}\n- {name: c, type: webhook, verify: {scheme: github, secret: KEY, tolerance: 5m}}\n- {name: d, type: webhook, verify: {scheme: stripe, secret: KEY, tolerance: \"{{ data.x }}\"}}\n- {name: e, type: webhook, verify: {scheme: tandem, secret: KEY, tolerance: 2d}}\nedges: [{source: a, target: b}, {source: b, target: c}, {source: c, target: d}, {source: d, target: e}]\n"), []string{
		`4:45 /steps/0/verify/scheme: "scheme" must be tandem, github, stripe, slack or standard; "githb" is not. Did you mean "github"?`,
		`4:60 /steps/0/verify/secret: "secret" names a secret that an admin has stored, such as GITHUB_HOOK: capitals, digits and underscores. The value itself does not belong in a document.`,
		`5:36 /steps/1/verify: Verify needs "secret".`,
		`6:77 /steps/2/verify/tolerance: Calls of the scheme github do not say when they were sent, so "tolerance" would do nothing. Leave it out.`,
		`7:77 /steps/3/verify/tolerance: "tolerance" is written out, such as 5m: it is judged before the workflow looks at the call.`,
		"8:77 /steps/4/verify/tolerance: A tolerance is more than 0 and at most 24h.",
	}},
	"duplicate step":        {whole("steps:\n- {name: a, type: timer, duration: 1s}\n- {name: a, type: timer, duration: 1s}\n"), []string{`5:10 /steps/1/name: There is another step "a" before. Names of steps are unique.`}},
	"bad duration":          {whole("timeout: soon\n" + oneTimer), []string{`3:10 /timeout: "soon" is not a duration. Write it like 90s, 15m, 1h30m, 2d, 1w, 2 workdays or P1DT2H.`}},
	"duration without unit": {whole("timeout: 90\n" + oneTimer), []string{`3:10 /timeout: The duration "90" has no unit. Write 90s for seconds, or use ms, m, h, d, w.`}},
	"many workdays":         {whole("steps:\n- {name: a, type: timer, duration: 5001 workdays}\n"), []string{`4:36 /steps/0/duration: The duration "5001 workdays" is over 5000 workdays.`}},
	"no workdays":           {whole("timeout: 0 workdays\n" + oneTimer), []string{`3:10 /timeout: A timeout must be more than 0.`}},
	"bad time zone":         {whole("calendar: Europe/Berlni\n" + oneTimer), []string{`3:11 /calendar: "Europe/Berlni" is not a time zone. Use an IANA name such as Europe/Berlin or UTC.`}},
	"bad calendar":          {whole("calendar: {timezone: here, working_days: [mon, someday], holidays: [2026-02-30], hours: 8}\n" + oneTimer), []string{`3:22 /calendar/timezone: "here" is not a time zone. Use an IANA name such as Europe/Berlin or UTC.`, `3:48 /calendar/working_days/1: "someday" is not a day of the week. Write mon, tue, wed, thu, fri, sat or sun.`, `3:69 /calendar/holidays/0: "2026-02-30" is not a date. Write it like 2030-12-25.`, `3:82 /calendar/hours: "hours" is not a key of a calendar. The nearest key is "holidays".`}},
	"calendar without days": {whole("calendar: {working_days: []}\n" + oneTimer), []string{`3:26 /calendar/working_days: A calendar needs at least one working day.`}},
	"bad retention":         {whole("retention: 0\n" + oneTimer), []string{`3:12 /retention: "retention" must be a whole number from 1 to 36500.`}},
	"short retention":       {whole("retention: 23h\n" + oneTimer), []string{`3:12 /retention: "retention" must be at least a day.`}},
	"no retention":          {whole("retention: soon\n" + oneTimer), []string{`3:12 /retention: "retention" is a number of days, or a duration such as 90d. "soon" is not a duration. Write it like 90s, 15m, 1h30m, 2d, 1w, 2 workdays or P1DT2H.`}},
	"confirm_on alone":      {whole("steps:\n- {name: a, type: human, anyone: true, confirm_on: [data.a]}\n"), []string{`4:52 /steps/0/confirm_on: "confirm_on" belongs to a step with for_each: a single decision ends its step at once.`}},
	"confirm_on of an item": {whole("steps:\n- {name: a, type: human, anyone: true, for_each: data.a, confirm_on: [\"item.b\"]}\n"), []string{`4:72 /steps/0/confirm_on/0: Unknown variable item; there are: data, input, steps, instance, hooks, now.`}},
	"escalate to nobody":    {whole("steps:\n- {name: a, type: human, anyone: true, escalate: {after: soon}}\n"), []string{`4:50 /steps/0/escalate: "escalate" names nobody. Give users, groups or both.`, `4:58 /steps/0/escalate/after: "soon" is not a duration. Write it like 90s, 15m, 1h30m, 2d, 1w, 2 workdays or P1DT2H.`}},
	"no timeout":            {whole("timeout: 0s\n" + oneTimer), []string{`3:10 /timeout: A timeout must be more than 0.`}},
	"mixed setting":         {whole("steps:\n- {name: a, type: human, assignee: \"x {{ data.a }}\"}\n"), []string{`4:36 /steps/0/assignee: This value is either literal or wholly {{ expression }}. Put the whole of it into one expression.`}},
	"timer without a time":  {whole("steps:\n- {name: a, type: timer}\n"), []string{`4:3 /steps/0: A timer step needs exactly one of duration, until and cron.`}},
	"timer with two times":  {whole("steps:\n- {name: a, type: timer, duration: 1s, until: 2030-01-31T09:00:00Z}\n"), []string{`4:3 /steps/0: A timer step needs exactly one of duration, until and cron.`}},
	"bad cron":              {whole("steps:\n- {name: a, type: timer, cron: \"61 * * * *\"}\n"), []string{`4:32 /steps/0/cron: "61 * * * *" is not a cron expression (minute hour day month weekday, such as 30 8 * * MON-FRI, or @daily): end of range (61) above maximum (59): "61".`}},
	"bad time":              {whole("steps:\n- {name: a, type: timer, until: noon}\n"), []string{`4:33 /steps/0/until: "noon" is not a point in time. Write it like 2030-01-31T09:00:00Z.`}},
	"unknown action":        {whole("steps:\n- {name: a, type: machine, action: nop}\n"), []string{`4:36 /steps/0/action: There is no action "nop". Did you mean "noop"?`}},
	"strange action":        {whole("steps:\n- {name: a, type: machine, action: make.coffee}\n"), []string{`4:36 /steps/0/action: There is no action "make.coffee". There are: email.send, fail, http.request, log, noop, set, worker.`}},
	"worker without topic":  {whole("steps:\n- {name: a, type: machine, action: worker}\n"), []string{`4:36 /steps/0/action: The action "worker" needs a "topic": the name under which external workers fetch the step.`}},
	"topic out of place":    {whole("steps:\n- {name: a, type: machine, action: noop, topic: x}\n"), []string{`4:49 /steps/0/topic: "topic" belongs to the action "worker"; with "noop" it would do nothing.`}},
	"bad topic":             {whole("steps:\n- {name: a, type: machine, action: worker, topic: a b}\n"), []string{`4:51 /steps/0/topic: "a b" cannot be a topic. A topic begins with a letter or a digit and goes on with letters, digits and . _ : / - up to 100 characters.`}},
	"bad max_visits":        {whole("steps:\n- {name: a, type: timer, duration: 1s, max_visits: 0}\n"), []string{`4:52 /steps/0/max_visits: "max_visits" must be a whole number from 1 to 1000000.`}},
	"bad data key":          {whole("steps:\n- {name: a, type: timer, duration: 1s, output: a.b}\n"), []string{`4:48 /steps/0/output: "a.b" cannot be the name of a key of data. Use 1 to 63 letters, digits, _ and -, a letter or _ first.`}},
	"nobody":                {whole("steps:\n- {name: a, type: human, candidate_groups: []}\n"), []string{`4:3 /steps/0: Nobody could do step "a". Give it an assignee, candidate_users, candidate_groups or guests, or say anyone: true.`}},
	"duplicate outcome":     {whole("steps:\n- {name: a, type: human, anyone: true, outcomes: [x, {name: x}]}\n"), []string{`4:54 /steps/0/outcomes/1: There is another outcome "x" before. Names of outcomes are unique.`}},
	"bad validate":          {whole("steps:\n- {name: a, type: human, anyone: true, outcomes: [{name: x, validate: some}]}\n"), []string{`4:71 /steps/0/outcomes/0/validate: "validate" must be full, none or a schema; "some" is not.`}},
	"bad form schema":       {whole("steps:\n- name: a\n  type: human\n  anyone: true\n  form:\n    schema: {type: object, properties: {x: {type: txt}}}\n"), []string{`8:51 /steps/0/form/schema/properties/x/type: The schema cannot be used: "type" must be one of array, boolean, integer, null, number, object, string.`}},
	"bad input_schema":      {whole("input_schema: {type: objet}\n" + oneTimer), []string{`3:22 /input_schema/type: The schema cannot be used: "type" must be one of array, boolean, integer, null, number, object, string.`}},
	"priority not a number": {whole("steps:\n- {name: a, type: human, anyone: true, priority: high}\n"), []string{`4:50 /steps/0/priority: "priority" must be a whole number.`}},
	"timeout outcome":       {whole("steps:\n- {name: a, type: human, anyone: true, outcomes: [reject], timeout: 1d, on_timeout: {outcome: rejekt}}\n"), []string{`4:95 /steps/0/on_timeout/outcome: Step "a" has no outcome "rejekt". Did you mean "reject"?`}},
	"timeout step":          {whole("steps:\n- {name: a, type: human, anyone: true, timeout: 1d, on_timeout: {step: bb}}\n"), []string{`4:72 /steps/0/on_timeout/step: The step "bb" does not exist.`}},
	"timeout both":          {whole("steps:\n- {name: a, type: human, anyone: true, outcomes: [x], timeout: 1d, on_timeout: {step: a, outcome: x}}\n"), []string{`4:80 /steps/0/on_timeout: "on_timeout" names either an outcome or a step.`}},
	"webhook outcome":       {whole("steps:\n- {name: a, type: webhook, timeout: 1d, on_timeout: {outcome: x}}\n"), []string{`4:63 /steps/0/on_timeout/outcome: Only human steps have outcomes. Name a step instead.`}},
	"unknown initial":       {whole("initial_step: b1\n" + oneTimer), []string{`3:15 /initial_step: The initial step "b1" does not exist.`}},
	"unknown terminal":      {whole("terminal_steps: [a, finish]\n" + oneTimer), []string{`3:21 /terminal_steps/1: The terminal step "finish" does not exist.`}},
	"unknown source":        {whole(oneTimer + "edges:\n- {source: nowhere, target: a}\n"), []string{`6:12 /edges/0/source: The source "nowhere" does not exist.`}},
	"unknown target":        {whole(oneTimer + "edges:\n- {source: a, target: nowhere}\n"), []string{`6:23 /edges/0/target: The target "nowhere" does not exist.`}},
	"unknown handler":       {whole("steps:\n- {name: a, type: machine, action: noop, on_failure: [{step: mend}]}\n"), []string{`4:62 /steps/0/on_failure/0/step: The step "mend" does not exist.`}},
	"duplicate edge":        {whole(twoSteps + "edges:\n- {source: a, target: b}\n- {source: a, target: b}\n"), []string{`8:3 /edges/1: There is another edge from "a" to "b" like this one. Keep one.`}},
	"unreachable step":      {whole(twoSteps), []string{`5:3 /steps/1: Step "b" cannot be reached from "a". Add an edge to it, or remove it.`}},
	"no way to an end":      {whole("terminal_steps: [c]\n" + threeSteps + "edges:\n- {source: a, target: b}\n- {source: b, target: b}\n- {source: a, target: c}\n"), []string{`6:3 /steps/1: No end can be reached from step "b".`}},
	"dead end":              {whole("terminal_steps: [c]\n" + threeSteps + "edges:\n- {source: a, target: b}\n- {source: a, target: c}\n"), []string{`6:3 /steps/1: Step "b" has no outgoing edge and is not among the terminal steps.`}},
	"cycle without a loop":  {whole(threeSteps + "edges:\n- {source: a, target: b}\n- {source: b, target: a, loop: false}\n- {source: b, target: c}\n"), []string{`4:3 /steps/0: The cycle a → b → a has no loop edge. Say loop: true on the edge that goes back.`}},
	"parallel conditions":   {whole("steps:\n- {name: a, type: gateway, mode: parallel, condition: '\"b\"'}\n- {name: b, type: timer, duration: 1s}\nedges:\n- {source: a, target: b, condition: \"true\"}\n"), []string{`4:55 /steps/0/condition: A parallel gateway opens all its edges and has no condition.`, `7:37 /edges/0/condition: Gateway "a" is parallel: all its edges fire, so they have no conditions.`}},
	"two kinds of choice":   {whole("steps:\n- {name: a, type: gateway, condition: '\"b\"'}\n- {name: b, type: timer, duration: 1s}\nedges:\n- {source: a, target: b, condition: \"true\"}\n"), []string{`7:37 /edges/0/condition: Gateway "a" chooses by its own condition, so its edges have none. Keep one of the two.`}},
	"default and condition": {whole(twoSteps + "edges:\n- {source: a, target: b, condition: \"true\", default: true}\n"), []string{`7:54 /edges/0/default: A default edge has no condition: it fires when no other edge did.`}},
	"default and on_skip":   {whole(twoSteps + "edges:\n- {source: a, target: b, on_skip: true, default: true}\n"), []string{`7:50 /edges/0/default: An edge is either default or on_skip, not both.`}},
	"two defaults":          {whole(threeSteps + "edges:\n- {source: a, target: b, default: true}\n- {source: a, target: c, default: true}\n"), []string{`9:35 /edges/1/default: Step "a" has another default edge. Keep one.`}},
	"broken expression":     {whole("steps:\n- {name: a, type: timer, duration: 1s, when: \"data.x +\"}\n"), []string{`4:55 /steps/0/when: Mismatched input '<EOF>' expecting expression.`}},
	"unknown step in it":    {whole("steps:\n- {name: pay, type: timer, duration: 1s}\n- name: b\n  type: timer\n  duration: 1s\n  when: |\n    data.x == 1 &&\n    steps.pai.output\nedges: [{source: pay, target: b}]\n"), []string{`10:11 /steps/1/when: There is no step "pai"; did you mean pay?`}},
	"unknown step in with":  {whole("steps:\n- name: a\n  type: machine\n  action: log\n  with:\n    message: [\"{{ 1 }}\", \"x {{ steps.b.output }}\"]\n"), []string{`8:38 /steps/0/with/message/1: There is no step "b"; there are: a.`}},
	"unknown outcome":       {whole("steps:\n- {name: ask, type: human, anyone: true, outcomes: [approve, reject]}\n- {name: b, type: timer, duration: 1s}\nedges:\n- {source: ask, target: b, condition: 'steps.ask.outcome == \"aprove\"'}\n"), []string{`7:62 /edges/0/condition: Step "ask" has no outcome "aprove". Did you mean "approve"?`}},
	"outcome of a timer":    {whole(twoSteps + "edges:\n- {source: a, target: b, condition: 'steps.a.outcome in [\"x\"]'}\n"), []string{`7:59 /edges/0/condition: Step "a" has no outcomes, so it never has the outcome "x".`}},
	"hook of a timer":       {whole("steps:\n- {name: a, type: machine, action: log, with: {url: \"{{ hooks.a.url }}\"}}\n"), []string{`4:63 /steps/0/with/url: Step "a" is not a webhook step and has no URL.`}},
	"declared key":          {whole("input_schema: {type: object, properties: {x: {type: string}}}\nsteps:\n- {name: a, type: timer, duration: 1s, output: x}\n"), []string{`5:48 /steps/0/output: Step "a" writes data.x, which input_schema declares too. Choose another key, or say overwrite: true.`}},
	"key of two steps":      {whole("steps:\n- {name: a, type: timer, duration: 1s, output: x}\n- {name: b, type: timer, duration: 1s, set: {x: 1}}\nedges: [{source: a, target: b}]\n"), []string{`5:46 /steps/1/set/x: Step "b" writes data.x, which step "a" writes too. Choose another key, or say overwrite: true.`}},
	"key merged twice":      {whole("steps:\n- {name: a, type: timer, duration: 1s, output: x}\n- {name: b, type: webhook, output: ., schema: {properties: {x: {type: string}}}}\nedges: [{source: a, target: b}]\n"), []string{`5:36 /steps/1/output: Step "b" writes data.x, which step "a" writes too. Choose another key, or say overwrite: true.`}},
	"set without text":      {whole("steps:\n- {name: a, type: timer, duration: 1s, set: {x: []}}\n"), []string{`4:49 /steps/0/set/x: Each value of "set" is an expression, not a list. Write it as a text, in CEL.`}},
	"many at once":          {"name: A\nversion: 1\nsteps:\n- {name: a, type: machine}\nedges:\n- {source: a}\n", []string{`1:7 /name: "A" cannot be the name of a workflow. Use 1 to 63 lower-case letters, digits, _ and -, a letter first.`, `2:10 /version: "1" is not a semantic version. Write three numbers, such as 1.0.0.`, `4:3 /steps/0: A machine step needs "action".`, `6:3 /edges/0: An edge needs "target".`}},
	"places in JSON":        {"{\"name\": \"é\",\n\t\"version\": \"1.0.0\", \"steps\": [\n  {\"name\": \"a\", \"type\": \"timer\", \"duration\": \"1x\"}]}", []string{`1:10 /name: "é" cannot be the name of a workflow. Use 1 to 63 lower-case letters, digits, _ and -, a letter first.`, `3:46 /steps/0/duration: "1x" is not a duration. Write it like 90s, 15m, 1h30m, 2d, 1w, 2 workdays or P1DT2H.`}},
}

const (
	twoSteps   = "steps:\n- {name: a, type: timer, duration: 1s}\n- {name: b, type: timer, duration: 1s}\n"
	threeSteps = twoSteps + "- {name: c, type: timer, duration: 1s}\n"
)

func TestParse_bad_documents(t *testing.T) {
	t.Parallel()
	for name, c := range badDocuments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _, err := Parse([]byte(c.source), Options{})
			if err == nil || d != nil {
				t.Fatalf("Parse took\n%s", c.source)
			}
			if diff := cmp.Diff(c.want, problemsOf(t, err)); diff != "" {
				t.Errorf("problems (-want +got):\n%s\nof\n%s", diff, c.source)
			}
		})
	}
}

// Every problem is said in German too, by its key and not by its words.
func TestProblems_inGerman(t *testing.T) {
	t.Parallel()
	for name, c := range badDocuments {
		_, _, err := Parse([]byte(c.source), Options{})
		var refusal *Error
		if !errors.As(err, &refusal) {
			t.Fatalf("%s: %v", name, err)
		}
		for _, p := range refusal.Fields {
			if de := p.In("de"); p.In("en") != p.Message || de == p.Message || strings.Contains(de, "%!") {
				t.Errorf("%s: %q is in German %q, in English %q", name, p.Message, de, p.In("en"))
			}
		}
	}
	for name, want := range map[string]string{
		"unknown key":        `Ein Workflow hat keinen Schlüssel "stepz". Meinten Sie "steps"?`,
		"step without type":  `Ein Schritt braucht "type".`,
		"bad step name":      `Ein Schritt kann nicht "a-b" heißen. Erlaubt sind 1 bis 63 Kleinbuchstaben, Ziffern und _, zuerst ein Buchstabe.`,
		"unknown target":     `Das Ziel "nowhere" gibt es nicht.`,
		"unknown step in it": `Einen Schritt "pai" gibt es nicht; meinten Sie pay?`,
		"no retention":       `"retention" ist eine Zahl von Tagen oder eine Dauer wie 90d. "soon" ist keine Dauer. Schreiben Sie sie wie 90s, 15m, 1h30m, 2d, 1w, 2 workdays oder P1DT2H.`,
		"bad form schema":    `Das Schema ist nicht brauchbar: "type" muss eine dieser Möglichkeiten sein: array, boolean, integer, null, number, object, string.`,
		"key of two steps":   `Der Schritt "b" schreibt data.x; das tut auch der Schritt "a". Wählen Sie einen anderen Schlüssel, oder schreiben Sie overwrite: true.`,
		"broken YAML":        `Das YAML ist hier nicht zu lesen: der Text endet vor der Klammer, die hier aufgeht (sequence end token ']' not found).`,
	} {
		_, _, err := Parse([]byte(badDocuments[name].source), Options{})
		var refusal *Error
		if errors.As(err, &refusal); refusal == nil || refusal.Fields[0].In("de") != want {
			t.Errorf("%s: got %+v, want %s", name, err, want)
		}
	}
}

func TestParse_warnings(t *testing.T) {
	t.Parallel()
	gateway := "steps:\n- {name: a, type: gateway}\n- {name: b, type: timer, duration: 1s}\n- {name: c, type: timer, duration: 1s}\nedges:\n"
	notExhaustive := `4:3 /steps/0: Perhaps no edge of "a" is true, which fails the instance. Give it an edge with default: true.`
	for name, c := range map[string]struct {
		rest string
		want []string
	}{
		"no default":      {gateway + "- {source: a, target: b, condition: data.x > 1}\n- {source: a, target: c, condition: data.x < 1}\n", []string{notExhaustive}},
		"default":         {gateway + "- {source: a, target: b, condition: data.x > 1}\n- {source: a, target: c, default: true}\n", nil},
		"opposites":       {gateway + "- {source: a, target: b, condition: data.x < 1}\n- {source: a, target: c, condition: data.x >= 1}\n", nil},
		"negation":        {gateway + "- {source: a, target: b, condition: \"data.x in [1]\"}\n- {source: a, target: c, condition: \"!(data.x in [1])\"}\n", nil},
		"unknown data":    {"input_schema: {type: object, properties: {amount: {type: number}}}\nsteps:\n- {name: a, type: timer, duration: 1s, when: data.amuont > 1}\n", []string{`5:51 /steps/0/when: Nothing writes data.amuont. Did you mean "amount"?`}},
		"on_timeout only": {"steps:\n- {name: a, type: webhook, on_timeout: {step: b}}\n- {name: b, type: timer, duration: 1s}\n", []string{`4:40 /steps/0/on_timeout: Step "a" has no timeout, so its on_timeout never happens.`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, warnings, err := Parse([]byte(whole(c.rest)), Options{})
			if err != nil {
				t.Fatal(problemsOf(t, err))
			}
			if diff := cmp.Diff(c.want, problemLines(warnings)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParse_limits(t *testing.T) {
	t.Parallel()
	bomb := "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
	for c := 'b'; c <= 'j'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+", ", 9) + "*" + string(c-1) + "]\n"
	}
	for name, c := range map[string]struct{ source, want string }{
		"bytes":          {strings.Repeat("# x\n", 1<<18) + "x", "The document has more than 1 MiB. Make it smaller."},
		"aliases":        {bomb, "The document has more than 100,000 values, aliases included. Make it smaller."},
		"values in JSON": {`{"a": [` + strings.Repeat("1,", 100_000) + `1]}`, "The document has more than 100,000 values, aliases included. Make it smaller."},
		"tokens":         {"[" + strings.Repeat("1,", 250_000) + "1]", "The document has too many values. Make it smaller."},
		"keys":           {strings.Repeat("a: 1\n", 10_001), "A mapping has more than 10,000 keys. Make it smaller."},
		"flow keys":      {"{" + strings.Repeat("a,", 10_001) + "}", "A mapping has more than 10,000 keys. Make it smaller."},
		"expressions":    {whole("search: [\"" + strings.Repeat("{{ 1 }}", 10_001) + "\"]\n" + oneTimer), "A workflow has at most 10,000 {{ expressions }}. Make it smaller."},
		"long text":      {whole("steps:\n- {name: a, type: timer, duration: 1s, title: \"{{ 1 }}" + strings.Repeat("x", 1<<16) + "\"}\n"), "A text with {{ expressions }} has at most 64 KiB. Make it shorter."},
		"brackets":       {strings.Repeat("[", 100_000), "The document is nested more than 64 deep. Make it flatter."},
		"dashes":         {strings.Repeat("- ", 100_000), "The document is nested more than 64 deep. Make it flatter."},
		"question marks": {strings.Repeat("? ", 100_000), "The document is nested more than 64 deep. Make it flatter."},
		"anchors":        {strings.Repeat("&a ", 100_000), "The document is nested more than 64 deep. Make it flatter."},
		"JSON depth":     {strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65), "The document is nested more than 64 deep. Make it flatter."},
		"steps":          {whole("steps:\n" + strings.Repeat("- {name: a, type: timer, duration: 1s}\n", 1001)), "A workflow has at most 1,000 steps; this one has 1001."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := Parse([]byte(c.source), Options{})
			if err == nil {
				t.Fatal("Parse took it")
			}
			problems := problemsOf(t, err)
			if !strings.Contains(err.Error()+strings.Join(problems, "\n"), c.want) {
				t.Errorf("problems %v, want one with %q", problems, c.want)
			}
		})
	}
}

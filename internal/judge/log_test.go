package judge_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tandem/internal/judge"
)

// A log is written by hand, one event a line:
//
//	+30 step.completed e1 s0 visit=2 from=e0,e9 fired=s1,s2 {"output_data": 7}
//
// The first word, when it begins with a plus, is the milliseconds since the
// event before, 1 otherwise; with an @, the seconds since nine. Execution and step are left out of events of the
// instance; a line that begins with "in ID:" is of another instance than "i".
func parseLog(t *testing.T, text string) []judge.Event {
	t.Helper()
	var events []judge.Event
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		e := judge.Event{Seq: int64(len(events) + 1), Instance: "i", Visit: 1}
		line, detail, _ := strings.Cut(line, "{")
		words := strings.Fields(line)
		if strings.HasPrefix(words[0], "@") {
			now = time.Date(2026, 3, 2, 9, 0, number(t, words[0][1:]), 0, time.UTC).Add(-time.Millisecond)
			words = words[1:]
		}
		if words[0] == "in" {
			e.Instance = strings.TrimSuffix(words[1], ":")
			words = words[2:]
		}
		wait := 1
		if strings.HasPrefix(words[0], "+") {
			wait = number(t, words[0][1:])
			words = words[1:]
		}
		now = now.Add(time.Duration(wait) * time.Millisecond)
		e.At, e.Type = now, words[0]
		words = words[1:]
		if len(words) > 1 && !strings.Contains(words[0], "=") {
			e.Execution, e.Step = words[0], words[1]
			words = words[2:]
		}
		if detail != "" {
			if err := json.Unmarshal([]byte("{"+detail), &e.Detail); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		}
		for _, word := range words {
			key, value, _ := strings.Cut(word, "=")
			set(t, &e, key, value)
		}
		if e.Execution == "" {
			e.Visit = 0
		}
		events = append(events, e)
	}
	return events
}

func set(t *testing.T, e *judge.Event, key, value string) {
	t.Helper()
	switch key {
	case "visit":
		e.Visit = number(t, value)
	case "index":
		e.Index = number(t, value)
	case "attempt":
		e.Attempt = number(t, value)
	case "scope":
		e.Scope = value
	case "actor":
		e.Actor = value
	case "from":
		e.ArrivedFrom = strings.Split(value, ",")
	case "fired":
		e.Detail.Fired = strings.Split(value, ",")
	case "seq":
		e.Seq = int64(number(t, value))
	default:
		t.Fatalf("a log has no %q", key)
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// trial is a log with its document, and what the judge has to say.
type trial struct {
	doc    string
	log    string
	status string // of the instance at the end; completed when empty
	data   string // at the end; not judged when empty
	more   func(*judge.Case)
	rule   string // that the log breaks; empty: none
	applied,
	says string // a part of the finding; a rule that must have been applied
}

func (tt trial) judge(t *testing.T) judge.Report {
	t.Helper()
	status := tt.status
	if status == "" {
		status = "completed"
	}
	c := judge.Case{
		Documents: map[string][]byte{"d 1.0.0": []byte(tt.doc)}, Events: parseLog(t, tt.log), Actions: []string{"act"}, Settled: true,
		Instances: []judge.Instance{{ID: "i", Definition: "d 1.0.0", Status: status, Started: true}},
	}
	if tt.data != "" {
		c.Instances[0].Data = json.RawMessage(tt.data)
	}
	if tt.more != nil {
		tt.more(&c)
	}
	return judge.Audit(c)
}

// run judges logs: those that break a rule give findings of that rule alone.
func run(t *testing.T, trials map[string]trial) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(trials)) {
		tt := trials[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := tt.judge(t)
			if tt.applied != "" && report.Judged[tt.applied] == 0 {
				t.Errorf("the rule %q was not applied: %v", tt.applied, report.Judged)
			}
			if tt.rule == "" {
				for _, f := range report.Findings {
					t.Errorf("a sound log gives %s", f)
				}
				return
			}
			said := fmt.Sprint(report.Findings)
			if !slices.ContainsFunc(report.Findings, func(f judge.Finding) bool { return f.Rule == tt.rule }) || !strings.Contains(said, tt.says) {
				t.Errorf("findings %s, want one of %q with %q", said, tt.rule, tt.says)
			}
		})
	}
}

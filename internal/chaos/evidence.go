package chaos

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/internal/judge"
	"tandem/internal/story"
)

// eventRow is a row of the events as the database writes it in JSON.
type eventRow struct {
	Seq         int64        `json:"seq"`
	Instance    string       `json:"instance_id"`
	Type        string       `json:"type"`
	At          time.Time    `json:"at"`
	Execution   string       `json:"execution_id"`
	Step        string       `json:"step"`
	StepType    string       `json:"step_type"`
	Visit       int          `json:"visit"`
	Index       int          `json:"idx"`
	Scope       string       `json:"scope"`
	Attempt     int          `json:"attempt"`
	ArrivedFrom []string     `json:"-"`
	Actor       string       `json:"actor"`
	Detail      judge.Detail `json:"detail"`
}

// evidence reads everything from the database and the file of effects.
func (p *pair) evidence(ctx context.Context) (judge.Case, error) {
	c := judge.Case{Documents: map[string][]byte{}, Actions: []string{Action, "worker"}, Groups: groups}
	for _, s := range p.stories {
		for _, one := range s.All() {
			c.Documents[one.Ref()] = one.Document
			if one.Later != nil {
				c.Documents[one.Name+" "+story.LaterVersion] = one.Later
			}
		}
	}
	p.people.mu.Lock()
	c.Answers, c.Messages = p.people.answers, p.people.messages
	p.report.Races = p.people.races
	done := p.people.effects
	p.people.mu.Unlock()
	var err error
	if c.Effects, err = p.readEffects(); err != nil {
		return c, err
	}
	c.Effects = append(c.Effects, done...)
	if c.Events, err = p.readEvents(ctx); err != nil {
		return c, err
	}
	if c.Instances, err = p.readInstances(ctx); err != nil {
		return c, err
	}
	if c.Clocks, err = p.readClocks(ctx); err != nil {
		return c, err
	}
	if c.Kept, err = p.readKept(ctx); err != nil {
		return c, err
	}
	c.Results, err = p.readResults(ctx)
	p.report.Instances, p.report.Events = len(c.Instances), len(c.Events)
	return c, err
}

func (p *pair) readEvents(ctx context.Context) ([]judge.Event, error) {
	rows, err := p.pool.Query(ctx, `SELECT row_to_json(e), coalesce(x.arrived_from::text[], '{}')
		FROM events e LEFT JOIN executions x ON x.instance_id = e.instance_id AND x.id = e.execution_id ORDER BY e.instance_id, e.seq`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (judge.Event, error) {
		var raw []byte
		var r eventRow
		var arrived []string // it never changes once a visit has begun, so events do not repeat it
		if err := row.Scan(&raw, &arrived); err != nil {
			return judge.Event{}, err
		}
		if err := json.Unmarshal(raw, &r); err != nil {
			return judge.Event{}, fmt.Errorf("read the event %s: %w", raw, err)
		}
		r.ArrivedFrom = arrived
		return judge.Event(r), nil
	})
}

func (p *pair) readInstances(ctx context.Context) ([]judge.Instance, error) {
	rows, err := p.pool.Query(ctx, `SELECT i.id::text, i.definition_name || ' ' || i.definition_version, i.status, coalesce(d.data, d.input)::text, coalesce(d.metadata->>'key', ''), coalesce(i.correlation_id, '')
		FROM instances i JOIN instance_data d ON d.instance_id = i.id ORDER BY i.id`)
	if err != nil {
		return nil, err
	}
	told := map[string]bool{}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (judge.Instance, error) {
		var in judge.Instance
		var data string
		err := row.Scan(&in.ID, &in.Definition, &in.Status, &data, &in.Key, &in.Correlation)
		in.Data, in.Started = json.RawMessage(data), p.people.started[in.ID]
		told[in.ID] = true
		if in.Status != "completed" && in.Status != "canceled" {
			p.report.Unfinished++
		}
		return in, err
	})
	for id := range p.people.started {
		if !told[id] {
			list = append(list, judge.Instance{ID: id, Started: true}) // its starter was told of it, and it is not there
		}
	}
	return list, err
}

func (p *pair) readResults(ctx context.Context) ([]judge.Result, error) {
	rows, err := p.pool.Query(ctx, `SELECT instance_id::text, id::text, status, coalesce(output::text, '') FROM executions`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (judge.Result, error) {
		var r judge.Result
		var output string
		err := row.Scan(&r.Instance, &r.Execution, &r.Status, &output)
		r.Output = json.RawMessage(output)
		return r, err
	})
}

// readEffects reads what actions wrote down. Half a line is an effect whose
// process was killed while it acted: nobody can have its result.
func (p *pair) readEffects() ([]judge.Effect, error) {
	file, err := p.effectsFile()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var list []judge.Effect
	for lines := bufio.NewReader(file); ; {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		var e judge.Effect
		if json.Unmarshal(line, &e) == nil {
			list = append(list, e)
		}
	}
}

// judge has the evidence judged, and tells the whole story of the first
// instances with findings.
func (p *pair) judge(c judge.Case) {
	verdict := judge.Audit(c)
	p.report.Findings = verdict.Findings
	for rule, n := range verdict.Judged {
		p.report.Judged[rule] += n
	}
	told := map[string]bool{}
	for _, f := range verdict.Findings {
		if len(told) < 3 && !told[f.Instance] {
			told[f.Instance] = true
			p.tell(c, f)
		}
	}
}

// tell prints a finding with its document and log.
func (p *pair) tell(c judge.Case, f judge.Finding) {
	out := p.config.Out
	fmt.Fprintf(out, "\npair %d, seed %d: %s\n", p.number, p.config.Seed, f)
	for _, in := range c.Instances {
		if in.ID == f.Instance {
			fmt.Fprintf(out, "%s (%s)\n%s\n", in.Definition, in.Status, c.Documents[in.Definition])
		}
	}
	for _, e := range c.Events {
		if e.Instance == f.Instance {
			detail, _ := json.Marshal(e.Detail) // it was read from JSON
			fmt.Fprintf(out, "%d %s %s %s %s visit %d index %d scope %s attempt %d from %v by %s %s\n", e.Seq, e.At.Format("04:05.000"),
				e.Type, e.Step, e.Execution, e.Visit, e.Index, e.Scope, e.Attempt, e.ArrivedFrom, e.Actor, detail)
		}
	}
}

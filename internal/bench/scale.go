package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Scale is a running, seeded Tandem whose pages and lists are timed.
type Scale struct {
	BaseURL   string
	Password  string // of the people below
	People    []ScalePerson
	Instances int
	Progress  io.Writer
}

// ScalePerson asks for pages.
type ScalePerson struct{ Role, Login, Token string }

// ScaleRow is one request as one person makes it.
type ScaleRow struct {
	Who     string  `json:"who"`
	What    string  `json:"what"`
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
	Refused bool    `json:"too_broad,omitempty"` // answered with "narrow it"
	Other   bool    `json:"other,omitempty"`     // not of two indexed filters
}

// request is what is timed; {id} stands for an instance that the person sees.
type request struct {
	what, path string
	other      bool
}

// requests lists the pages and the lists by any two indexed filters.
var requests = []request{
	{what: "dashboard", path: "/"},
	{what: "inbox", path: "/tasks"},
	{what: "inbox, groups", path: "/tasks?view=groups"},
	{what: "instance page", path: "/instances/{id}"},
	{what: "instances", path: "/instances"},
	{what: "GET /instances", path: "/api/v1/instances"},
	{what: "definition, status", path: "/instances?definition=seed_travel&status=waiting"},
	{what: "definition, status (most)", path: "/instances?definition=seed_invoice&status=completed"},
	{what: "status, created_by", path: "/instances?status=failed&created_by=clerk03"},
	{what: "definition, created_by", path: "/instances?definition=seed_leave&created_by=clerk07"},
	{what: "status, completed_since", path: "/instances?status=completed&completed_since={recent}"},
	{what: "status, data.customer", path: "/instances?status=waiting&data_path=customer&data_value=Customer+0042"},
	{what: "status, data.region", path: "/instances?status=waiting&data_path=region&data_value=north"},
	{what: "definition, data.region", path: "/instances?definition=seed_travel&data_path=region&data_value=south"},
	{what: "definition, data.amount > (few)", path: "/instances?definition=seed_travel&data_path=amount&data_op=gt&data_value=999900"},
	{what: "definition, data.amount > (half)", path: "/instances?definition=seed_travel&data_path=amount&data_op=gt&data_value=500000"},
	{what: "data.customer, data.amount >", path: "/api/v1/instances?data.customer[eq]=Customer+0042&data.amount[gt]=500000"},
	{what: "data.region, data.amount >", path: "/api/v1/instances?data.region[eq]=east&data.amount[gt]=900000"},
	{what: "status, assignee", path: "/instances?status=waiting&assignee=mia"},
	{what: "definition, health=failed", path: "/instances?definition=seed_laptop&health=failed"},
	{what: "definition, health=overdue", path: "/instances?definition=seed_laptop&health=overdue"},
	{what: "GET /tasks", path: "/api/v1/tasks"},
	{what: "GET /tasks, claimable", path: "/api/v1/tasks?claimable=true"},
	{what: "GET /tasks, overdue, definition", path: "/api/v1/tasks?overdue=true&definition_name=seed_leave"},
	{what: "GET /stats", path: "/api/v1/stats"},
	{what: "q", path: "/api/v1/instances?q=01a2", other: true},
	{what: "q that nothing has", path: "/api/v1/instances?q=nothing+has+this", other: true},
	{what: "step", path: "/api/v1/instances?step=approve", other: true},
	{what: "data.customer contains", path: "/api/v1/instances?data.customer[contains]=0042", other: true},
	{what: "data outside search", path: "/api/v1/instances?data.carrier[eq]=none", other: true},
	{what: "the same, of failed ones", path: "/api/v1/instances?data.carrier[eq]=none&status=failed&definition_name=seed_leave", other: true},
	{what: "GET /tasks, q", path: "/api/v1/tasks?q=0042", other: true},
	{what: "GET /tasks, -priority", path: "/api/v1/tasks?sort=-priority&status=pending", other: true},
}

// How often each request is made, after some that warm up.
const (
	scaleTimes  = 100
	scaleWarm   = 5
	scaleOthers = 10 // of those that may take up to two seconds
)

// Run times every request, one after another.
func (s Scale) Run(ctx context.Context) ([]ScaleRow, error) {
	var rows []ScaleRow
	for _, person := range s.People {
		client, err := s.signIn(ctx, person)
		if err != nil {
			return nil, err
		}
		for _, r := range requests {
			row, err := s.time(ctx, client, person, r)
			if err != nil {
				return nil, fmt.Errorf("%s, %s: %w", person.Role, r.what, err)
			}
			rows = append(rows, row)
			fmt.Fprintf(s.Progress, "%-10s %-34s p50 %8.1f ms  p99 %8.1f ms  %s\n", row.Who, row.What, row.P50, row.P99, map[bool]string{true: "narrow it"}[row.Refused])
		}
	}
	return rows, nil
}

// signIn gives a client with a session.
func (s Scale) signIn(ctx context.Context, person ScalePerson) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Jar: jar, Timeout: time.Minute}
	form := url.Values{"login": {person.Login}, "password": {s.Password}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.BaseURL+"/login", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return client, err
}

func (s Scale) time(ctx context.Context, client *http.Client, person ScalePerson, r request) (ScaleRow, error) {
	row := ScaleRow{Who: person.Role, What: r.what, Other: r.other}
	path, err := s.fill(ctx, client, person, r.path)
	if err != nil {
		return row, err
	}
	times, warm := scaleTimes, scaleWarm
	if r.other {
		times, warm = scaleOthers, 1
	}
	var took []time.Duration
	for i := range times + warm {
		begin := time.Now()
		status, _, err := s.get(ctx, client, person, path)
		if err != nil {
			return row, err
		}
		row.Refused = status == http.StatusUnprocessableEntity
		if status != http.StatusOK && !row.Refused {
			return row, fmt.Errorf("%s answered %d", path, status)
		}
		if i >= warm {
			took = append(took, time.Since(begin))
		}
	}
	slices.Sort(took)
	row.P50, row.P99 = ms(took[len(took)/2]), ms(took[len(took)*99/100])
	return row, nil
}

// fill puts an instance of the person's and a recent day into a path.
func (s Scale) fill(ctx context.Context, client *http.Client, person ScalePerson, path string) (string, error) {
	path = strings.ReplaceAll(path, "{recent}", time.Now().UTC().AddDate(0, 0, -3).Format(time.DateOnly))
	if !strings.Contains(path, "{id}") {
		return path, nil
	}
	_, body, err := s.get(ctx, client, person, "/api/v1/instances?limit=1&status=waiting")
	if err != nil {
		return "", err
	}
	var list struct{ Items []struct{ ID string } }
	if err := json.Unmarshal(body, &list); err != nil || len(list.Items) == 0 {
		return "", fmt.Errorf("no instance to show: %.200s", body)
	}
	return strings.ReplaceAll(path, "{id}", list.Items[0].ID), nil
}

func (s Scale) get(ctx context.Context, client *http.Client, person ScalePerson, path string) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.BaseURL+path, nil)
	if err != nil {
		return 0, nil, err
	}
	if strings.HasPrefix(path, "/api/") {
		req.Header.Set("Authorization", "Bearer "+person.Token)
	}
	answer, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 8<<20))
	return answer.StatusCode, body, err
}

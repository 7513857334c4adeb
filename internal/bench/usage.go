package bench

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"tandem/internal/embedpg"
)

const (
	pgbenchClients = 8
	pgbenchSeconds = 5
	pgbenchRows    = 100_000
)

// pgbenchScript is the step of a workflow as plain SQL: one row changes, one is
// added, durably.
const pgbenchScript = `\set id random(1, 100000)
BEGIN;
UPDATE bench_state SET n = n + 1 WHERE id = :id;
INSERT INTO bench_log (state_id, note) VALUES (:id, 'step');
COMMIT;
`

// pgbench adds one measurement of the step rate to the report.
func (t Target) pgbench(ctx context.Context, r *Report) error {
	dir, err := os.MkdirTemp("", "tandem-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	script := filepath.Join(dir, "step.sql")
	if err := os.WriteFile(script, []byte(pgbenchScript), 0o600); err != nil {
		return err
	}
	if err := t.prepareTables(ctx); err != nil {
		return err
	}
	rate, err := t.runPgbench(ctx, script, pgbenchClients)
	if err != nil {
		return err
	}
	r.PgBench.StepsPerSecond += rate
	alone, err := t.runPgbench(ctx, script, 1)
	r.PgBench.AloneMS += 1000 / alone
	return err
}

func (t Target) prepareTables(ctx context.Context) error {
	for _, sql := range []string{
		`CREATE TABLE IF NOT EXISTS bench_state (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)`,
		`CREATE TABLE IF NOT EXISTS bench_log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state_id int NOT NULL, note text NOT NULL, at timestamptz NOT NULL DEFAULT now())`,
		fmt.Sprintf(`INSERT INTO bench_state (id) SELECT generate_series(1, %d) ON CONFLICT DO NOTHING`, pgbenchRows),
		`CHECKPOINT`,
	} {
		if _, err := t.Pool.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

var tps = regexp.MustCompile(`(?m)^tps = ([0-9.]+)`)

func (t Target) runPgbench(ctx context.Context, script string, clients int) (float64, error) {
	binary, err := embedpg.Binary("pgbench")
	if err != nil {
		return 0, err
	}
	c, err := pgx.ParseConfig(t.DatabaseURL)
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, binary, "-n", "-M", "prepared", "-f", script,
		"-c", strconv.Itoa(clients), "-j", strconv.Itoa(min(2, clients)), "-T", strconv.Itoa(pgbenchSeconds),
		"-h", c.Host, "-p", strconv.Itoa(int(c.Port)), "-U", c.User, c.Database)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+c.Password)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("pgbench: %w: %s", err, bytes.TrimSpace(out))
	}
	found := tps.FindSubmatch(out)
	if found == nil {
		return 0, fmt.Errorf("pgbench printed no rate: %s", out)
	}
	return strconv.ParseFloat(string(found[1]), 64)
}

// usage is what has been spent so far.
type usage struct {
	cpu time.Duration // this process and Postgres
	wal int64         // bytes
}

func (t Target) usage(ctx context.Context) (usage, error) {
	var u usage
	var pid int
	err := t.Pool.QueryRow(ctx, `SELECT pg_current_wal_lsn() - '0/0'::pg_lsn, pg_backend_pid()`).Scan(&u.wal, &pid)
	if err != nil {
		return u, err
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return u, err
	}
	u.cpu = time.Duration(own.Utime.Nano() + own.Stime.Nano())
	postgres, err := postgresCPU(pid)
	u.cpu += postgres
	return u, err
}

// clockTick is the unit of CPU times in /proc: USER_HZ, 100 a second on Linux.
const clockTick = 10 * time.Millisecond

// postgresCPU adds up what the postmaster of a backend and all its children,
// past and present, have used. It needs /proc; elsewhere it gives 0.
func postgresCPU(backend int) (time.Duration, error) {
	self, err := readStat(backend)
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	postmaster, err := readStat(self.parent)
	if err != nil {
		return 0, err
	}
	total := postmaster.own + postmaster.ended
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if s, err := readStat(pid); err == nil && s.parent == self.parent {
			total += s.own
		}
	}
	return total, nil
}

type stat struct {
	parent     int
	own, ended time.Duration // of the process, and of its children that ended
}

// readStat reads /proc/PID/stat; its fields are described in proc(5).
func readStat(pid int) (stat, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	if len(fields) < 15 {
		return stat{}, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	n := func(i int) time.Duration {
		v, _ := strconv.Atoi(fields[i])
		return time.Duration(v) * clockTick
	}
	parent, _ := strconv.Atoi(fields[1])
	return stat{parent: parent, own: n(11) + n(12), ended: n(13) + n(14)}, nil
}

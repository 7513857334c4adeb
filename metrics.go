package tandem

import (
	"net/http"

	"tandem/internal/metrics"
	"tandem/internal/web"
)

// Private serves /metrics, /healthz and /readyz of this process to everyone who
// can reach it: keep it on an address that only the one who collects them can
// reach. Handler serves the same metrics at /metrics, to operators alone.
func (t *Tandem) Private() http.Handler { return t.health() }

func (t *Tandem) health() http.Handler {
	return web.Health(web.HealthConfig{Ready: t.ready, Draining: t.draining.Load, Metrics: t.metrics.Handler()})
}

// watchMetrics has the engine and the database asked when metrics are read.
func (t *Tandem) watchMetrics() {
	t.metrics.WatchLoad(t.engine.Load)
	if t.db == nil {
		return
	}
	t.metrics.WatchPools(func() []metrics.Pool {
		var pools []metrics.Pool
		for _, s := range t.db.PoolStats() {
			pools = append(pools, metrics.Pool{
				Name: s.Name, Max: int(s.MaxConns()), InUse: int(s.AcquiredConns()), Idle: int(s.IdleConns()),
				Waits: s.EmptyAcquireCount(), WaitTime: s.EmptyAcquireWaitTime(),
			})
		}
		return pools
	})
}

package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tandem/internal/web/guard"
	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

// metricsPath is where the metrics of the process are read.
const metricsPath = "/metrics"

// metricsRoutes serves the metrics to operators: they name definitions, and say
// how much there is of what.
func (b *builder) metricsRoutes() {
	e := endpoint{Route: Route{Method: http.MethodGet, Pattern: metricsPath, Guard: guard.Operators, Resource: "metrics"}}
	b.routes = append(b.routes, e.Route)
	b.router.Get(metricsPath, func(w http.ResponseWriter, r *http.Request) {
		c := &call{r: r}
		w.Header().Set("Cache-Control", "no-store")
		switch err := b.check(e, c, w.Header(), &huma.Operation{}); {
		case err != nil:
			b.refuse(w, c, err)
		case b.Metrics == nil:
			respond.JSON(w, r, b.refused(c, workflow.Errorf(workflow.KindNotFound, "not_found", "This server counts nothing.")))
		default:
			b.Metrics.ServeHTTP(w, r)
		}
	})
}

package api

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"tandem/internal/engine"
	"tandem/internal/workflow"
)

// dataKey is the name of a parameter that compares data.
var dataKey = regexp.MustCompile(`^data\.([^\[\]]+)(?:\[([a-z]*)\])?$`)

// maxDataValues bounds the values of one comparison.
const maxDataValues = 50

// takeData reads the filters on data out of the query, which has parameters of
// the operation alone afterwards.
func (c *call) takeData() error {
	query := c.r.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !strings.HasPrefix(name, "data.") {
			continue
		}
		f, err := dataFilter(name, query[name])
		if err != nil {
			return err
		}
		c.data = append(c.data, f)
		query.Del(name)
	}
	if len(c.data) > engine.MaxDataFilters {
		return workflow.Errorf(workflow.KindMalformed, "bad_filter", "At most %d filters on data are taken at once.", engine.MaxDataFilters)
	}
	if len(c.data) > 0 {
		c.r.URL.RawQuery = query.Encode()
	}
	return nil
}

func dataFilter(name string, values []string) (engine.DataFilter, error) {
	parts := dataKey.FindStringSubmatch(name)
	if parts == nil || !workflow.ValidDataPath(parts[1]) {
		return engine.DataFilter{}, workflow.Errorf(workflow.KindMalformed, "bad_filter",
			"The parameter %q names no path into data. Write it like data.customer.name[eq].", clipName(name))
	}
	f := engine.DataFilter{Path: parts[1], Op: engine.DataOp(parts[2]), Values: values}
	if f.Op == "" && !strings.HasSuffix(name, "]") {
		f.Op = engine.OpEqual
	}
	if !slices.Contains(engine.DataOps(), f.Op) {
		return f, workflow.Errorf(workflow.KindMalformed, "bad_filter",
			"The parameter %q compares in no way that is known. Take one of eq, ne, lt, lte, gt, gte and contains.", clipName(name))
	}
	if len(values) > maxDataValues {
		return f, workflow.Errorf(workflow.KindMalformed, "bad_filter", "The parameter %q has more than %d values.", clipName(name), maxDataValues)
	}
	return f, nil
}

func clipName(name string) string {
	if runes := []rune(name); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return name
}

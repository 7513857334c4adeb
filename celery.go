package tandem

import (
	"context"

	"tandem/internal/celery"
)

// CeleryConfig is what RunCelery needs.
type CeleryConfig = celery.Config

// CeleryTask says which task of Celery does the jobs of a topic.
type CeleryTask = celery.Task

// ParseCeleryTask reads NAME or TOPIC=NAME, each with @QUEUE or without.
func ParseCeleryTask(text string) (CeleryTask, error) { return celery.ParseTask(text) }

// RunCelery has workers of Celery run steps of a server, over the JSON API and
// Redis, until ctx ends.
func RunCelery(ctx context.Context, c CeleryConfig) error {
	b, err := celery.New(c)
	if err != nil {
		return err
	}
	return b.Run(ctx)
}

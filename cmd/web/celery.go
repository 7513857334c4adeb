package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tandem"
)

type celeryBridgeCmd struct {
	Server        string        `help:"Address of Tandem. (TANDEM_SERVER)" required:"" placeholder:"URL"`
	APIPathPrefix string        `help:"Path of Tandem's API; ${default} unless given. (TANDEM_API_PATH_PREFIX)" name:"api-path-prefix" default:"/api/v1" placeholder:"/PATH"`
	Token         string        `help:"Token of an operator with the scope worker. (TANDEM_TOKEN)" required:"" placeholder:"TOKEN"`
	Broker        string        `help:"Redis of Celery's broker: redis://, rediss:// or unix://. (TANDEM_BROKER)" required:"" placeholder:"URL"`
	Backend       string        `help:"Redis of Celery's results; the broker unless given. (TANDEM_BACKEND)" placeholder:"URL"`
	Task          []string      `help:"Which task does which topic: NAME (topic celery:NAME) or TOPIC=NAME, with @QUEUE or without. Repeat for several. (TANDEM_TASK)" required:"" placeholder:"TASK"`
	Jobs          int           `help:"Tasks under way at once; ${default} unless given. (TANDEM_JOBS)" default:"32" placeholder:"N"`
	Lock          time.Duration `help:"Lock of a job, extended while its task is under way; ${default} unless given. (TANDEM_LOCK)" default:"1m" placeholder:"DURATION"`
	TaskTimeout   time.Duration `help:"How long a task may take from when it was published; ${default} unless given. (TANDEM_TASK_TIMEOUT)" default:"1h" placeholder:"DURATION"`
	Terminate     bool          `help:"Stop a task that is under way when its step is canceled; otherwise it goes on, unheard. (TANDEM_TERMINATE)"`
}

// Run carries jobs to Celery until ctx ends.
func (c *celeryBridgeCmd) Run(ctx context.Context, s *Settings, io std) error {
	config := tandem.CeleryConfig{
		Server: c.Server, APIPath: c.APIPathPrefix, Token: c.Token, Broker: c.Broker, Backend: c.Backend, Jobs: c.Jobs, Lock: c.Lock, Timeout: c.TaskTimeout, Terminate: c.Terminate, Log: s.logger(io.err),
	}
	for _, text := range c.Task {
		task, err := tandem.ParseCeleryTask(text)
		if err != nil {
			return &exitError{exitUsage, fmt.Errorf("--task: %w", err)}
		}
		config.Tasks = append(config.Tasks, task)
		fmt.Fprintf(io.out, "%s goes to %s on the queue %s\n", task.Topic, task.Name, task.Queue)
	}
	if err := tandem.RunCelery(ctx, config); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

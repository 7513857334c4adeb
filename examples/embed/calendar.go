package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"tandem"
)

// calendar is what this program does with its workflows.
type calendar struct {
	mu     sync.Mutex
	booked map[string]string // what, by the key of the attempt's visit
}

// book may be called again for the same step after a crash; the key stays the
// same, so that the leave is booked once.
func (c *calendar) book(_ context.Context, call tandem.Call) (json.RawMessage, error) {
	var with struct {
		Who   string
		Hours int
	}
	if err := json.Unmarshal(call.Input, &with); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.booked == nil {
		c.booked = map[string]string{}
	}
	c.booked[call.IdempotencyKey] = fmt.Sprintf("%s: %d hours", with.Who, with.Hours)
	return json.Marshal(map[string]int{"hours": with.Hours})
}

func (c *calendar) entries() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []string
	for _, e := range c.booked {
		all = append(all, e)
	}
	return all
}

// hours are those of so many days.
func hours(args ...any) (any, error) {
	if len(args) != 1 {
		return nil, errors.New("acme.hours takes one number of days")
	}
	number, ok := args[0].(json.Number)
	if !ok {
		return nil, errors.New("acme.hours takes a number")
	}
	days, err := number.Int64()
	if err != nil {
		return nil, err
	}
	return json.Number(fmt.Sprint(8 * days)), nil
}

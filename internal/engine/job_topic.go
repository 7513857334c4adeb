package engine

import (
	"context"
	"sync"
	"time"
)

// topicNote is how often this process notes that a topic is asked for.
const topicNote = 30 * time.Second

// maxNotedTopics bounds fetchedTopics; beyond, all are noted anew.
const maxNotedTopics = 10_000

// fetchedTopics knows when this process last noted that topics are asked for.
type fetchedTopics struct {
	mu    sync.Mutex
	noted map[topicOf]time.Time
}

type topicOf struct{ tenant, topic string }

// note stores that a program asks for the topics, of each at most every
// topicNote.
func (f *fetchedTopics) note(ctx context.Context, s Store, now time.Time, tenant string, topics []string) error {
	due := f.due(now, tenant, topics)
	if len(due) == 0 {
		return nil
	}
	return s.TopicsFetched(ctx, tenant, due)
}

func (f *fetchedTopics) due(now time.Time, tenant string, topics []string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.noted == nil || len(f.noted) > maxNotedTopics {
		f.noted = map[topicOf]time.Time{}
	}
	var due []string
	for _, topic := range topics {
		key := topicOf{tenant, topic}
		if at, known := f.noted[key]; known && now.Sub(at) < topicNote {
			continue
		}
		f.noted[key] = now
		due = append(due, topic)
	}
	return due
}

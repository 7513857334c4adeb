// Package live streams page fragments as server-sent events.
//
// It owns the framing, the pace, the sharing and the end of a stream. It must
// not know what is streamed: the caller renders.
package live

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"
)

// Limits of a stream.
const (
	pace      = 250 * time.Millisecond // at most four updates a second
	keepAlive = 15 * time.Second       // a comment, so that proxies keep the connection
	recheck   = time.Minute            // rendering again checks the reader's rights again
	longest   = time.Hour              // then the browser connects anew
	writeWait = 10 * time.Second       // a reader who takes longer is dropped
)

// MaxTopics bounds what one stream follows.
const MaxTopics = 16

// ended names the event that says by number which topic ends.
const ended = "end"

// Message is what a region of a page should be. Each is compared with the one
// before of its region, and sent when it differs.
type Message struct {
	Region string // is not sent
	Data   []byte
}

// Render gives what readers should see. An error ends the topic.
type Render func(ctx context.Context) ([]Message, error)

// Serve streams topics until the reader leaves, an hour has passed, check
// fails, which is asked each minute, or all topics have ended. Events are named
// by the topic's place in the list; those named "end" say in their data which
// topic has ended. A reader who comes again is told everything again. The error
// of a stream whose topics all end before anything was sent is returned; then
// nothing was written. Serve must not run inside a handler that buffers.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, topics []Topic, check func() error) error {
	ctx, cancel := context.WithTimeout(r.Context(), longest)
	defer cancel()
	defer context.AfterFunc(h.ending, cancel)()
	s := &stream{w: w, control: http.NewResponseController(w), reader: &reader{wake: make(chan struct{}, 1)}}
	for _, t := range topics {
		g := h.join(t, s.reader)
		defer h.leave(g, s.reader)
		s.parts = append(s.parts, &part{group: g, sent: map[string][]byte{}})
	}
	return s.follow(ctx, check)
}

// stream is one reader's connection.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	reader  *reader
	parts   []*part
	open    bool // the head has been sent
}

// part is a topic of a stream.
type part struct {
	group *group
	sent  map[string][]byte // the last message of each region
	ended bool
}

// follow sends what is there, then what changes.
func (s *stream) follow(ctx context.Context, check func() error) error {
	beat := time.NewTicker(keepAlive)
	defer beat.Stop()
	rights := time.NewTicker(recheck)
	defer rights.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			if s.open && s.write([]byte(": \n\n")) != nil {
				return nil
			}
		case <-rights.C:
			if check() != nil {
				return nil
			}
		case <-s.reader.wake:
			if goOn, err := s.send(); !goOn {
				return err
			}
		}
	}
}

// send writes what the reader does not have yet; false when the stream ends.
func (s *stream) send() (bool, error) {
	var out bytes.Buffer
	var failed error
	left := false
	for i, p := range s.parts {
		if p.ended {
			continue
		}
		messages, ready, err := p.group.state(s.reader)
		if ready && err != nil {
			p.ended, failed = true, err
			frame(&out, ended, fmt.Append(nil, i))
			continue
		}
		left = true
		if ready {
			p.frame(&out, fmt.Sprint(i), messages)
		}
	}
	if !left && !s.open {
		return false, failed
	}
	if out.Len() > 0 && s.write(out.Bytes()) != nil {
		return false, nil
	}
	return left, nil
}

// frame adds the messages that differ from the ones before.
func (p *part) frame(out *bytes.Buffer, name string, messages []Message) {
	for _, m := range messages {
		if last, ok := p.sent[m.Region]; ok && bytes.Equal(last, m.Data) {
			continue
		}
		p.sent[m.Region] = m.Data
		frame(out, name, m.Data)
	}
}

// frame writes one event; a line break in data begins another data line.
func frame(out *bytes.Buffer, name string, data []byte) {
	fmt.Fprintf(out, "event: %s\n", name)
	for line := range bytes.Lines(data) {
		out.WriteString("data: ")
		out.Write(bytes.TrimRight(line, "\r\n"))
		out.WriteByte('\n')
	}
	out.WriteByte('\n')
}

// write sends bytes, after the head if they are the first.
func (s *stream) write(b []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return err
	}
	if !s.open {
		s.open = true
		s.w.Header().Set("Content-Type", "text/event-stream")
		s.w.Header().Set("Cache-Control", "no-store")
		s.w.Header().Set("X-Accel-Buffering", "no")
		s.w.WriteHeader(http.StatusOK)
	}
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.control.Flush()
}

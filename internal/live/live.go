// Package live streams page fragments as server-sent events.
//
// It owns the framing, the pace and the end of a stream. It must not know what
// is streamed: the caller renders.
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

// Message is one server-sent event. Name may be empty for the default event.
// Region tells messages of one name apart: each is compared with the one before
// of its own region. It is not sent.
type Message struct {
	Name   string
	Region string
	Data   []byte
}

// Render gives what the reader should see. It is called at the start, after
// each change and once a minute; a message equal to the one before is not sent
// again. An error ends the stream.
type Render func(ctx context.Context) ([]Message, error)

// Serve streams until the reader leaves, render fails or an hour has passed. It
// must not run inside a handler that buffers or saves a session.
func Serve(w http.ResponseWriter, r *http.Request, changed <-chan struct{}, render Render) error {
	ctx, cancel := context.WithTimeout(r.Context(), longest)
	defer cancel()
	s := &stream{w: w, control: http.NewResponseController(w), sent: map[regionKey][]byte{}}
	first, err := render(ctx)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	if err := s.send(first); err != nil {
		return nil
	}
	s.follow(ctx, changed, render)
	return nil
}

// regionKey names what a message replaces.
type regionKey struct{ name, region string }

type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	sent    map[regionKey][]byte // the last message of each
}

// follow renders again after each change, at the stream's pace.
func (s *stream) follow(ctx context.Context, changed <-chan struct{}, render Render) {
	beat := time.NewTicker(keepAlive)
	defer beat.Stop()
	check := time.NewTicker(recheck)
	defer check.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			if s.write([]byte(": \n\n")) != nil {
				return
			}
			continue
		case <-check.C:
		case <-changed:
		}
		messages, err := render(ctx)
		if err != nil || s.send(messages) != nil {
			return
		}
		select {
		case <-time.After(pace):
		case <-ctx.Done():
			return
		}
	}
}

// send writes the messages that differ from the ones before.
func (s *stream) send(messages []Message) error {
	var out bytes.Buffer
	for _, m := range messages {
		key := regionKey{m.Name, m.Region}
		if last, ok := s.sent[key]; ok && bytes.Equal(last, m.Data) {
			continue
		}
		s.sent[key] = bytes.Clone(m.Data)
		frame(&out, m)
	}
	if out.Len() == 0 {
		return nil
	}
	return s.write(out.Bytes())
}

// frame writes one event; a line break in data begins another data line.
func frame(out *bytes.Buffer, m Message) {
	if m.Name != "" {
		fmt.Fprintf(out, "event: %s\n", m.Name)
	}
	for line := range bytes.Lines(m.Data) {
		out.WriteString("data: ")
		out.Write(bytes.TrimRight(line, "\r\n"))
		out.WriteByte('\n')
	}
	out.WriteByte('\n')
}

func (s *stream) write(b []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return err
	}
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.control.Flush()
}

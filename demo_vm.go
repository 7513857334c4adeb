package tandem

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// The pretended provider of virtual machines, for the demo workflow
// vm_provisioning: it takes an order and calls back when the machine is ready.
const (
	demoVMPath  = "/demo/vm"
	demoVMDelay = 5 * time.Second
	demoVMBody  = 16 << 10 // bytes of an order
	demoVMOpen  = 100      // machines that are being made at once
)

// demoVM answers orders below a path prefix; everything else goes on to next.
// It calls back to our own webhooks only.
type demoVM struct {
	next   http.Handler
	path   string
	hooks  string // how the address of a webhook of ours begins
	delay  time.Duration
	ending context.Context
	log    *slog.Logger
	open   atomic.Int64
}

func (d *demoVM) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != d.path {
		d.next.ServeHTTP(w, r)
		return
	}
	status, answer := d.order(r)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // nobody is there to hear of it
}

// order takes one machine's order.
func (d *demoVM) order(r *http.Request) (int, map[string]string) {
	refuse := func(status int, why string) (int, map[string]string) { return status, map[string]string{"error": why} }
	if r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, "POST an order: {name, size, callback}.")
	}
	var order struct{ Name, Size, Callback string }
	err := json.NewDecoder(io.LimitReader(r.Body, demoVMBody)).Decode(&order)
	switch {
	case err != nil || order.Name == "":
		return refuse(http.StatusBadRequest, "An order is a JSON object with name, size and callback.")
	case !strings.HasPrefix(order.Callback, d.hooks):
		return refuse(http.StatusUnprocessableEntity, "The callback must be a webhook of this server.")
	case d.open.Add(1) > demoVMOpen:
		d.open.Add(-1)
		return refuse(http.StatusServiceUnavailable, "Too many machines are being made; try again in a moment.")
	}
	id := "vm-" + uuid.NewSHA1(uuid.NameSpaceURL, []byte(order.Callback)).String()[:8]
	go d.makeReady(id, order.Callback)
	return http.StatusAccepted, map[string]string{"id": id, "state": "ordered"}
}

// makeReady calls back once the machine is there.
func (d *demoVM) makeReady(id, callback string) {
	defer d.open.Add(-1)
	timer := time.NewTimer(d.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.ending.Done():
		return
	}
	ctx, cancel := context.WithTimeout(d.ending, 10*time.Second)
	defer cancel()
	body := fmt.Sprintf(`{"id": %q, "address": "%s.demo.example"}`, id, id)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, callback, bytes.NewBufferString(body))
	if err != nil {
		d.log.Warn("the demo's machine cannot call back", "error", err)
		return
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		d.log.Warn("the demo's machine did not reach its webhook", "error", err)
		return
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, demoVMBody))
}

package chaos

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is one place for a node: it is started, killed and started again.
type process struct {
	command func() *exec.Cmd
	env     []string
	log     *os.File
	mute    bool // it serves no API

	mu      sync.Mutex
	cmd     *exec.Cmd // nil while there is none
	stdin   io.Closer
	ended   chan struct{} // closed when cmd has ended
	address string        // empty until it listens
}

// startTimeout is how long a node may take until it listens.
const startTimeout = 30 * time.Second

// start runs a node and waits until it listens.
func (p *process) start() error {
	cmd := p.command()
	cmd.Env = append(cmd.Environ(), p.env...)
	cmd.Stderr = p.log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	p.mu.Lock()
	p.cmd, p.stdin, p.ended, p.address = cmd, stdin, ended, ""
	p.mu.Unlock()
	said := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(stdout).ReadString('\n') // empty when it has ended
		said <- strings.TrimSpace(line)
		_ = cmd.Wait() // how it ended is of no interest: most are killed
		close(ended)
	}()
	select {
	case line := <-said:
		p.mu.Lock()
		p.address = line
		p.mu.Unlock()
		if line == "" {
			return fmt.Errorf("a node ended before it listened; see %s", p.log.Name())
		}
		return nil
	case <-time.After(startTimeout):
		p.kill()
		return fmt.Errorf("a node does not listen after %s; see %s", startTimeout, p.log.Name())
	}
}

// signal sends a signal to the node, if there is one.
func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		_ = p.cmd.Process.Signal(s) // it may have ended
	}
}

// end asks the node to end, as a rolling restart does, and waits until it is
// gone; one that does not go is killed.
func (p *process) end() {
	p.signal(syscall.SIGCONT)
	p.signal(syscall.SIGTERM)
	p.mu.Lock()
	ended := p.ended
	p.mu.Unlock()
	select {
	case <-ended:
	case <-time.After(stopTimeout):
	}
	p.kill()
}

// kill ends the node at once and waits until it is gone.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	p.mu.Lock()
	ended, stdin := p.ended, p.stdin
	p.cmd, p.address = nil, ""
	p.mu.Unlock()
	if ended == nil {
		return
	}
	<-ended
	_ = stdin.Close()
}

// up tells whether the node has come up and was not killed since.
func (p *process) up() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.address != ""
}

// at gives the address of the node's API, empty when it has none.
func (p *process) at() string {
	if p.mute || !p.up() {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.address
}

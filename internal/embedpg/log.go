package embedpg

import (
	"errors"
	"io"
	"os"
	"strings"
)

const (
	logName   = "postgres.log"
	maxLog    = 10 << 20 // bytes, before what is there becomes .old
	tailBytes = 16 << 10 // read at most for the last lines
	tailLines = 8
)

// logFile is the file that Postgres writes its log to. It is open for
// appending, so that it can be cut while Postgres writes.
type logFile struct {
	file *os.File
	acct account
	from int64 // where the current run begins
}

// openLog opens the log, and sets aside what an earlier run has left when that
// is long.
func openLog(path string, acct account) (*logFile, error) {
	f, err := acct.openFile(path, os.O_RDWR|os.O_APPEND)
	if err != nil {
		return nil, err
	}
	l := &logFile{file: f, acct: acct}
	if err := l.rotate(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

// rotate moves a log of more than maxLog bytes to .old, in place of the one
// before. Lines that Postgres writes in that moment may be lost.
func (l *logFile) rotate() error {
	info, err := l.file.Stat()
	if err != nil || info.Size() <= maxLog {
		return err
	}
	old, err := l.acct.openFile(l.file.Name()+".old", os.O_WRONLY|os.O_TRUNC)
	if err != nil {
		return err
	}
	_, err = io.Copy(old, io.NewSectionReader(l.file, 0, info.Size()))
	if err := errors.Join(err, old.Close()); err != nil {
		return err
	}
	l.from = 0
	return l.file.Truncate(0)
}

// mark remembers the end of the log: the tail begins there.
func (l *logFile) mark() {
	if info, err := l.file.Stat(); err == nil {
		l.from = info.Size()
	}
}

// tail returns the last lines since the mark.
func (l *logFile) tail() string {
	info, err := l.file.Stat()
	if err != nil {
		return ""
	}
	from := max(l.from, info.Size()-tailBytes)
	text, _ := io.ReadAll(io.NewSectionReader(l.file, from, info.Size()-from))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}

func (l *logFile) close() error { return l.file.Close() }

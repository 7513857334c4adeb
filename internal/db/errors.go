package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"tandem/internal/workflow"
)

// SQLSTATE codes and classes that are told apart.
const (
	codeSerialization = "40001"
	codeDeadlock      = "40P01"
	classConnection   = "08"
	classResources    = "53" // too many connections, disk or memory full
	classOperator     = "57" // shut down, canceled by an administrator
	codeQueryCanceled = "57014"
)

// wrap names the operation in err and makes an error of a database that cannot
// be reached a *workflow.Error of KindUnavailable. It passes nil on.
func wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	if !unavailable(err) {
		return fmt.Errorf("%s: %w", op, err)
	}
	e := *workflow.ErrUnavailable
	e.Err = fmt.Errorf("%s: %w", op, err)
	return &e
}

// unavailable reports whether err says that the database is gone, starting,
// stopping or full. What a caller's own context ended is not.
func unavailable(err error) bool {
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg):
		return pg.Code != codeQueryCanceled && hasClass(pg.Code, classConnection, classResources, classOperator)
	case errors.Is(err, context.Canceled):
		return false
	case errors.As(err, new(*pgconn.ConnectError)):
		return true // also when it took longer than connectTimeout
	case errors.Is(err, context.DeadlineExceeded):
		return false
	}
	return connectionLost(err)
}

func hasCode(err error, code string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == code
}

func hasClass(code string, classes ...string) bool {
	for _, class := range classes {
		if strings.HasPrefix(code, class) {
			return true
		}
	}
	return false
}

// connectionLost reports whether err comes from the way to the database rather
// than from a statement.
func connectionLost(err error) bool {
	return errors.As(err, new(net.Error)) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, pgconn.ErrConnClosed) || pgconn.SafeToRetry(err)
}

// retriable reports whether the database undid the transaction for the sake of
// another one, so that it may be sent again as it was.
func retriable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == codeSerialization || pg.Code == codeDeadlock)
}

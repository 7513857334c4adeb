package views

import "strconv"

// SessionClock is when the session of the person before the page ends.
type SessionClock struct {
	Left int    // seconds, unless it is used
	Last int    // seconds, whatever happens
	Ends Moment // whatever happens
	Warn int    // seconds before the end at which the page says so
}

// lastIsNear reports whether the session ends soon whatever happens: then the
// page says so by itself.
func (c SessionClock) lastIsNear() bool { return c.Last <= c.Warn }

func seconds(n int) string { return strconv.Itoa(n) }

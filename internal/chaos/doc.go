// Package chaos tries to break Tandem: it runs pairs of real processes on a real
// Postgres, has them run random stories, kills, stops and cuts them off, and
// has the judge read what they wrote.
package chaos

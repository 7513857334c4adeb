// Package celery lets workers of Celery run steps: a bridge fetches jobs over the
// JSON API as any external worker does, publishes each as a message of Celery's
// protocol 2 on Redis, waits for the result in the result backend and reports it.
//
// What is under way is written down in Redis beside the message, in one
// transaction: a bridge that takes a job over waits for the task that an earlier
// one has published, instead of publishing it again.
//
// It may import nothing of this module: it knows a server and a Redis by their
// addresses.
package celery

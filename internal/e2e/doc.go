// Package e2e tests Tandem as people meet it: a real server on a real database,
// seen by real browsers. Its tests go through the public package tandem and by
// what people read: labels, buttons, headings and addresses, not style classes.
//
// Chromium must be installed (make deps-test does); without it the tests fail.
// At most two tests use it at a time.
package e2e

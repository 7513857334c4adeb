// Package notify tells other systems of events: outgoing webhooks, signed to the
// Standard Webhooks specification.
//
// Deliveries are made of the engine's event feed, each exactly once, and sent at
// least once, under one webhook-id however often. What fails is sent again over
// days, then given up; a subscription of which nothing arrives for a week is
// disabled. Deliveries of one subscription may come in another order than their
// events.
//
// It may import the engine for the feed, action for the guard against private
// targets, secret for sealing, signature and workflow. It must not know HTTP
// routes or SQL.
package notify

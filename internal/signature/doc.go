// Package signature signs and verifies webhooks: calls that carry a signature
// over their body, made with a key that both sides know.
//
// It knows five schemes, each as its owner specifies it: Tandem's own, GitHub's,
// Stripe's, Slack's and that of the Standard Webhooks specification. Signatures
// are compared in constant time.
//
// It imports the standard library alone and must not know HTTP, the engine or
// the store: headers are a function, time is an argument.
package signature

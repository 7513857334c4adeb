package views

import "tandem/internal/views/msg"

// Refusal returns what a refusal says to people: in English its own sentence,
// which knows names and times, in other languages the sentence of its code. A
// code that the catalogue does not have gives the sentence as it is.
func (p Page) Refusal(code, sentence string) string {
	key := "refused." + code
	if p.lang() == msg.Languages()[0] || !msg.Has(key) {
		return sentence
	}
	return p.T(key)
}

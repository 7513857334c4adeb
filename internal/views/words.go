package views

import "strings"

// MaxWords bounds how many words of a search count.
const MaxWords = 8

// Words gives the words of what somebody looks for, in small letters.
func Words(query string) []string {
	words := strings.Fields(strings.ToLower(query))
	return words[:min(len(words), MaxWords)]
}

// HasWords reports whether a text holds every word, somewhere and in any order;
// the words are in small letters.
func HasWords(text string, words []string) bool {
	text = strings.ToLower(text)
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

package secret

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"tandem/internal/workflow"
)

// Limits of a secret. A shorter value could not be told from other text where
// it comes back and has to be masked.
const (
	minValue = 8        // bytes
	maxValue = 16 << 10 // bytes
	maxRules = 50       // definitions, and hosts
)

var (
	nameRule       = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,62}$`)
	definitionRule = regexp.MustCompile(`^(\*|[a-z][a-z0-9_-]{0,62})$`)
	hostRule       = regexp.MustCompile(`^(\*|(\*\.)?[a-zA-Z0-9]([a-zA-Z0-9.-]{0,252})(:[0-9]{1,5})?|\[[0-9a-fA-F:.]+\](:[0-9]{1,5})?)$`)
)

func (n NewSecret) check() error {
	var faults []workflow.Problem
	fault := func(pointer, code, message string) {
		faults = append(faults, workflow.Problem{Pointer: pointer, Code: code, Message: message})
	}
	if !nameRule.MatchString(n.Name) {
		fault("/name", "bad_name", "A secret's name has capitals, digits and underscores, such as PAY_KEY, at most 63, and begins with a letter.")
	}
	switch {
	case len(n.Value) < minValue || len(n.Value) > maxValue:
		fault("/value", "bad_length", "A secret has 8 bytes to 16 KiB; a shorter one could not be masked where it comes back.")
	case !utf8.ValidString(n.Value) || strings.ContainsRune(n.Value, 0):
		fault("/value", "bad_text", "A secret is text: UTF-8 without U+0000. Encode other bytes in base64.")
	}
	if !fits(n.Definitions, definitionRule) {
		fault("/definitions", "bad_definitions", "Name the definitions whose steps may use the secret, 1 to 50, or * for all.")
	}
	if !fits(n.Hosts, hostRule) {
		fault("/hosts", "bad_hosts", "Name the hosts that the secret may go to, 1 to 50, such as api.example.com, *.example.com or api.example.com:8443, or * for anywhere.")
	}
	if faults == nil {
		return nil
	}
	e := workflow.Errorf(workflow.KindInvalid, workflow.ErrInvalidInput.Code, "The secret cannot be stored.")
	e.Fields = faults
	return e
}

func fits(list []string, rule *regexp.Regexp) bool {
	for _, text := range list {
		if !rule.MatchString(text) {
			return false
		}
	}
	return len(list) >= 1 && len(list) <= maxRules
}

package ui_test

import (
	"testing"

	"tandem/internal/auth"
	"tandem/internal/views/msg"
)

// Whatever a token can reach has a word that people read.
func TestTokens_reachWhatHasAName(t *testing.T) {
	t.Parallel()
	for _, resource := range auth.Resources() {
		if !msg.Has("resource." + resource) {
			t.Errorf("the form shows %q, which has no name in the catalogue", "resource."+resource)
		}
	}
}

package e2e_test

import (
	"fmt"
	"testing"

	"tandem/internal/e2e/browser"
)

// On a phone the fields of a filter are folded away until one is set; on a wide
// window they are always there. Neither needs scripts.
func TestFilter_folded(t *testing.T) {
	t.Parallel()
	h, b := open(t, ""), start(t)
	for width, looks := range map[int64]map[string]bool{
		1280: {"/instances": true, "/instances?status=waiting": true, "/tasks/open": true},
		390:  {"/instances": false, "/instances?status=waiting": true, "/tasks/open": false, "/tasks/open?q=desk": true},
	} {
		olga := h.visitor(t, b, browser.WithoutScript(), browser.Size(width, 844))
		olga.signIn("olga")
		for path, want := range looks {
			olga.visit(path)
			const field = `document.querySelector("main form [name=q]")`
			if got := olga.eval(fmt.Sprintf(`String(%[1]s.checkVisibility({ contentVisibilityAuto: true }) && %[1]s.getBoundingClientRect().height > 24)`, field)); got != fmt.Sprint(want) {
				t.Errorf("%s at %d px: the field shows: %s, want %v", path, width, got, want)
			}
			const button = `document.querySelector("main .filter-fold > summary")`
			if got := olga.eval(fmt.Sprintf(`String(%s.checkVisibility())`, button)); got != fmt.Sprint(width < 600) {
				t.Errorf("%s at %d px: the button that folds shows: %s", path, width, got)
			}
		}
	}
}

package tandem

import (
	"net/http"

	"tandem/internal/web"
)

// Storybook serves every page in its states, filled with samples, without a
// database: to look at pages while one writes them.
func Storybook() http.Handler { return web.Storybook() }

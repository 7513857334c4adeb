package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"tandem/internal/views"
	"tandem/internal/views/gallery"
	"tandem/internal/views/msg"
	"tandem/static"
)

// Storybook serves every page in its states, filled with samples; nothing is
// behind it. The query may set lang to en or de, and theme to light or dark.
func Storybook() http.Handler {
	r := chi.NewRouter()
	r.Use(headers)
	r.Handle("/static/*", static.Handler())
	r.Get("/", func(w http.ResponseWriter, r *http.Request) {
		show(w, r, gallery.Index(storyPage(r)))
	})
	r.Get("/live", func(w http.ResponseWriter, r *http.Request) { // in which nothing happens
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	r.Get("/fragment", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	r.Get("/{page}/{state}", func(w http.ResponseWriter, r *http.Request) {
		story, ok := gallery.Find(chi.URLParam(r, "page"), chi.URLParam(r, "state"))
		if !ok {
			http.NotFound(w, r)
			return
		}
		show(w, r, story.Show(storyPage(r)))
	})
	return r
}

func storyPage(r *http.Request) views.Page {
	query := r.URL.Query()
	return gallery.Viewer(views.Page{Lang: msg.Match(query.Get("lang")), Theme: views.Theme(query.Get("theme")), Current: r.URL.Path})
}

func show(w http.ResponseWriter, r *http.Request, c templ.Component) {
	templ.Handler(c, templ.WithErrorHandler(func(_ *http.Request, err error) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		})
	})).ServeHTTP(w, r)
}

package gallery

import (
	"slices"

	"github.com/a-h/templ"

	"tandem/internal/views"
)

// Story is a page in a state.
type Story struct {
	Page  string // name of the page's component
	State string
	Show  func(p views.Page) templ.Component
}

// Path is where the story lies in the gallery.
func (s Story) Path() string { return "/" + s.Page + "/" + s.State }

// Stories lists every page in its states, by page.
func Stories() []Story {
	all := slices.Concat(instanceStories(), taskStories(), definitionStories(), formStories(), dashboardStories(), peopleStories(), otherStories())
	slices.SortStableFunc(all, func(a, b Story) int {
		if a.Page < b.Page {
			return -1
		}
		if a.Page > b.Page {
			return 1
		}
		return 0
	})
	return all
}

// Find gives the story at a path.
func Find(page, state string) (Story, bool) {
	for _, s := range Stories() {
		if s.Page == page && s.State == state {
			return s, true
		}
	}
	return Story{}, false
}

// state is a state of a page beside the full and the empty one.
type state[V any] struct {
	name string
	set  func(p *views.Page, v *V)
}

// page gives the stories of a page: with all that it can show, with empty lists
// and nothing that may be absent, and in the states that are named, which begin
// full.
func page[V any](name string, title string, component func(views.Page, V) templ.Component, states ...state[V]) []Story {
	stories := []Story{
		{Page: name, State: "full", Show: func(p views.Page) templ.Component {
			p.Title = title
			return component(p, sample[V](p))
		}},
		{Page: name, State: "empty", Show: func(p views.Page) templ.Component {
			p.Title = title
			return component(p, bare[V](p))
		}},
	}
	for _, s := range states {
		stories = append(stories, Story{Page: name, State: s.name, Show: func(p views.Page) templ.Component {
			p.Title = title
			v := sample[V](p)
			s.set(&p, &v)
			return component(p, v)
		}})
	}
	return stories
}

// Viewer is the page of somebody who may see everything.
func Viewer(p views.Page) views.Page {
	p.Now, p.InboxCount = noon, func() int { return 7 }
	p.User = &views.UserBox{Login: "ada", Name: "Ada Lovelace", Initials: views.Initials("Ada Lovelace"), Roles: []string{"Admin"}, Admin: true, Auditor: true}
	return p
}

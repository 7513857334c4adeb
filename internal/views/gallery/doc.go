// Package gallery shows every page in its states without an engine or a
// database: to look at pages while one writes them, and to hold what they say.
//
// It owns the samples that pages are filled with. It may import views and form.
// It must not know where pages get what they show.
package gallery

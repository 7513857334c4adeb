package static

import (
	"embed"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

//go:embed all:vendor js img schema
var files embed.FS

// required are the files without which no page looks right.
var required = []string{"app.css", "app.js", "favicon.svg", "form.js", "graph.js", "htmx.js", "icons.svg", "keys.js", "live.js", "mermaid.js", "session.js", "workflow.schema.json"}

var shipped = sync.OnceValues(func() (*set, error) { return newSet(files) })

// Check returns an error that says what to do when the program was built
// without its assets. Call it once at the start.
func Check() error {
	s, err := shipped()
	if err != nil {
		return err
	}
	var missing []string
	for _, name := range required {
		if _, ok := s.paths[name]; !ok {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return fmt.Errorf("the page assets are missing (%s): run `make build`", strings.Join(missing, ", "))
	}
	return nil
}

// Path returns the address of a shipped file, "/static/app.1a2b3c4d5e6f.css" for
// "app.css", without a path prefix. A file that was not built keeps its plain
// name, under which Handler answers 404; Check finds that out at the start.
func Path(name string) string {
	if s, err := shipped(); err == nil {
		if p, ok := s.paths[name]; ok {
			return p
		}
	}
	return "/static/" + name
}

// Handler serves the files under the addresses that Path gives, whatever stands
// before "/static/", to be kept for ever. Any other address is answered with
// 404.
func Handler() http.Handler {
	s, err := shipped()
	if err != nil {
		s = &set{}
	}
	return s
}

// Read gives the content of a shipped file by its plain name, nil when there is
// none.
func Read(name string) []byte {
	s, err := shipped()
	if err != nil {
		return nil
	}
	return s.assets[strings.TrimPrefix(s.paths[name], "/static/")].plain
}

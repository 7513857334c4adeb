package web

import (
	"mime"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"

	"tandem/internal/web/respond"
	"tandem/internal/workflow"
)

const (
	minEncoded = 1 << 10 // bytes: a shorter answer gains nothing
	jitter     = 32      // bytes at most, so that the length of an answer tells less of what is in it
)

// encoded are the media types that are worth compressing. Streams of events are
// not among them: each event leaves at once.
var encoded = []string{
	"text/html", "text/plain", "text/css", "text/csv", "text/javascript", "image/svg+xml", "application/json", "application/problem+json",
	"application/openapi+json", "application/openapi+yaml", "application/yaml", "application/x-ndjson",
}

// compress sends longer answers as zstd or gzip to whom takes that. What has an
// encoding already, such as static files, stays as it is.
func compress() func(http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(minEncoded), gzhttp.RandomJitter(jitter, 0, false), gzhttp.ContentTypeFilter(isEncoded))
	if err != nil {
		panic("web: compression: " + err.Error()) // of constants
	}
	return func(next http.Handler) http.Handler { return wrap(next) }
}

func isEncoded(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	for _, one := range encoded {
		if media == one {
			return true
		}
	}
	return false
}

// refuseEncoded refuses bodies that would have to be unpacked: nobody can be
// made to unpack more than was sent.
func (c Config) refuseEncoded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		coding := strings.TrimSpace(strings.Join(r.Header.Values("Content-Encoding"), ","))
		if coding == "" || strings.EqualFold(coding, "identity") {
			next.ServeHTTP(w, r)
			return
		}
		p := respond.ProblemOf(workflow.Errorf(workflow.KindMalformed, "unsupported_encoding", "Bodies are not taken as Content-Encoding: %.40q. Send the body as it is.", coding), r.URL.Path)
		p.Status, p.Title = http.StatusUnsupportedMediaType, http.StatusText(http.StatusUnsupportedMediaType)
		c.refuse(w, r, p)
	})
}

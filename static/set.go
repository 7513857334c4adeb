package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// contentTypes holds the types of the files that are served; other files are
// not.
var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".json": "application/json",
	".png":  "image/png",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
}

// asset is one file with the encodings in which it can be sent.
type asset struct {
	contentType string
	etag        string
	plain       []byte
	gzip        []byte // nil when not worth it
	brotli      []byte // nil when it was not made
}

// set serves assets by the last element of the request's path.
type set struct {
	paths  map[string]string // plain name → address
	assets map[string]asset  // last element of the address → asset
}

// newSet reads all files of fsys. What lies in subdirectories is known by its
// base name alone.
func newSet(fsys fs.FS) (*set, error) {
	s := &set{paths: map[string]string{}, assets: map[string]asset{}}
	err := fs.WalkDir(fsys, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || contentTypes[path.Ext(file)] == "" {
			return err
		}
		return s.add(fsys, file)
	})
	if err != nil {
		return nil, fmt.Errorf("read assets: %w", err)
	}
	return s, nil
}

func (s *set) add(fsys fs.FS, file string) error {
	plain, err := fs.ReadFile(fsys, file)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(plain)
	hash := hex.EncodeToString(sum[:6])
	name, ext := path.Base(file), path.Ext(file)
	if _, ok := s.paths[name]; ok {
		return fmt.Errorf("two files are called %s", name)
	}
	a := asset{contentType: contentTypes[ext], etag: `"` + hash + `"`, plain: plain}
	a.brotli, _ = fs.ReadFile(fsys, file+".br")
	if a.gzip, err = fs.ReadFile(fsys, file+".gz"); err != nil && ext != ".png" {
		a.gzip = compress(plain)
	}
	hashed := strings.TrimSuffix(name, ext) + "." + hash + ext
	s.paths[name] = "/static/" + hashed
	s.assets[hashed] = a
	return nil
}

// compress returns nil when gzip saves less than a tenth.
func compress(plain []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(plain); err != nil || w.Close() != nil || b.Len()*10 > len(plain)*9 {
		return nil
	}
	return b.Bytes()
}

func (s *set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, ok := s.assets[path.Base(r.URL.Path)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Method Not Allowed", http.StatusMethodNotAllowed)
		return
	}
	a.serve(w, r)
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Content-Type", a.contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("ETag", a.etag)
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), a.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body, encoding := a.encoded(r.Header.Values("Accept-Encoding"))
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the client may have gone; there is nobody to tell
	}
}

// encoded returns the smallest form that the client accepts, and its name.
func (a asset) encoded(accept []string) ([]byte, string) {
	if a.brotli != nil && accepts(accept, "br") {
		return a.brotli, "br"
	}
	if a.gzip != nil && accepts(accept, "gzip") {
		return a.gzip, "gzip"
	}
	return a.plain, ""
}

// accepts reports whether an Accept-Encoding header names the encoding and does
// not give it the weight 0.
func accepts(header []string, encoding string) bool {
	for _, line := range header {
		for part := range strings.SplitSeq(line, ",") {
			name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
			if !strings.EqualFold(strings.TrimSpace(name), encoding) {
				continue
			}
			q, found := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			v, err := strconv.ParseFloat(q, 64)
			return !found || (err == nil && v > 0)
		}
	}
	return false
}

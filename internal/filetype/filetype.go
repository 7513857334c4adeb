// Package filetype says whether a file is what its name claims.
//
// It owns the list of kinds of file that Tandem takes. It may import the
// standard library only, and knows nothing of where files come from or go.
package filetype

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// A kind is a media type and how its files begin.
type kind struct {
	media string
	fits  func(content []byte) bool
}

// kinds are the files that are taken, by the ending of their names. Nothing that
// a browser would run is among them.
var kinds = map[string]kind{
	".pdf":  {"application/pdf", begins("%PDF-")},
	".png":  {"image/png", sniffed("image/png")},
	".jpg":  {"image/jpeg", sniffed("image/jpeg")},
	".jpeg": {"image/jpeg", sniffed("image/jpeg")},
	".gif":  {"image/gif", sniffed("image/gif")},
	".webp": {"image/webp", sniffed("image/webp")},
	".heic": {"image/heic", box("heic", "heix", "mif1", "msf1")},
	".tif":  {"image/tiff", tiff},
	".tiff": {"image/tiff", tiff},
	".txt":  {"text/plain; charset=utf-8", text},
	".log":  {"text/plain; charset=utf-8", text},
	".md":   {"text/markdown; charset=utf-8", text},
	".csv":  {"text/csv; charset=utf-8", text},
	".json": {"application/json", json.Valid},
	".xml":  {"application/xml", xml},
	".zip":  {"application/zip", begins("PK\x03\x04")},
	".docx": {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", packed("word/")},
	".xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", packed("xl/")},
	".pptx": {"application/vnd.openxmlformats-officedocument.presentationml.presentation", packed("ppt/")},
	".odt":  {"application/vnd.oasis.opendocument.text", packed("application/vnd.oasis.opendocument.text")},
	".ods":  {"application/vnd.oasis.opendocument.spreadsheet", packed("application/vnd.oasis.opendocument.spreadsheet")},
	".doc":  {"application/msword", begins("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")},
	".xls":  {"application/vnd.ms-excel", begins("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")},
	".mp3":  {"audio/mpeg", mp3},
	".wav":  {"audio/wave", sniffed("audio/wave")},
	".mp4":  {"video/mp4", sniffed("video/mp4")},
}

// Check gives the media type of a file whose content is what the ending of its
// name claims. The error says, for people, why it is not taken.
func Check(name string, content []byte) (string, error) {
	ending := strings.ToLower(path.Ext(name))
	k, ok := kinds[ending]
	switch {
	case !ok && ending == "":
		return "", errors.New("its name has no ending that says what it is")
	case !ok:
		return "", errors.New("files that end in " + ending + " are not accepted; " + Endings() + " are")
	case !k.fits(content):
		return "", errors.New("it is no " + strings.TrimPrefix(ending, ".") + " file, although its name says so")
	}
	return k.media, nil
}

// Endings lists what names of files may end in.
func Endings() string {
	var all []string
	for ending := range kinds {
		all = append(all, ending)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func begins(magic string) func([]byte) bool {
	return func(content []byte) bool { return bytes.HasPrefix(content, []byte(magic)) }
}

func sniffed(media string) func([]byte) bool {
	return func(content []byte) bool { return http.DetectContentType(content) == media }
}

// box reports whether an ISO media file is of one of the brands.
func box(brands ...string) func([]byte) bool {
	return func(content []byte) bool {
		return len(content) > 12 && string(content[4:8]) == "ftyp" && slices.Contains(brands, string(content[8:12]))
	}
}

func tiff(content []byte) bool { return begins("II*\x00")(content) || begins("MM\x00*")(content) }

func mp3(content []byte) bool {
	return begins("ID3")(content) || len(content) > 2 && content[0] == 0xff && content[1]&0xe0 == 0xe0
}

// text takes UTF-8 without control characters but tab and line ends.
func text(content []byte) bool {
	return utf8.Valid(content) && !bytes.ContainsFunc(content, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' })
}

// xml takes text that begins as XML does and is no web page.
func xml(content []byte) bool {
	start := bytes.ToLower(bytes.TrimLeft(content[:min(len(content), 1024)], "\ufeff \t\r\n"))
	return text(content) && bytes.HasPrefix(start, []byte("<")) && !bytes.Contains(start, []byte("<html")) && !bytes.Contains(start, []byte("<svg"))
}

// packed takes a ZIP archive with an entry, or a first entry's content, of a name.
func packed(mark string) func([]byte) bool {
	return func(content []byte) bool {
		return begins("PK\x03\x04")(content) && bytes.Contains(content, []byte(mark))
	}
}

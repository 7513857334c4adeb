package signature

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// SignStandard gives the headers webhook-timestamp and webhook-signature of a
// call by the Standard Webhooks specification: one signature for each key, so
// that a receiver that knows only one of them believes it.
func SignStandard(keys [][]byte, id string, at time.Time, body []byte) (timestamp, header string) {
	timestamp = strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, len(keys))
	for i, key := range keys {
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(sum(key, standardSigned(id, timestamp, body)))
	}
	return timestamp, strings.Join(signatures, " ")
}

// standardSize is that of the keys we make, in bytes: the specification takes
// 24 to 64.
const standardSize = 32

// NewStandardKey makes a key, as whsec_ and base64.
func NewStandardKey() string {
	key := make([]byte, standardSize)
	rand.Read(key) // never fails: it ends the program instead
	return standardPrefix + base64.StdEncoding.EncodeToString(key)
}

package auth

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"sort"
	"strings"
)

// breachedSums are those of passwords that were found in what was stolen
// elsewhere: scripts/breached-passwords.mjs makes them and says of what.
//
//go:embed breached.bin
var breachedSums []byte

// breachedLen is how many bytes of each sum are kept.
const breachedLen = 6

// breached reports whether a password is one that attackers try first, however
// its letters are cased.
func breached(password string) bool {
	sum := sha256.Sum256([]byte(strings.ToLower(password)))
	want := sum[:breachedLen]
	at := func(i int) []byte { return breachedSums[i*breachedLen:][:breachedLen] }
	n := len(breachedSums) / breachedLen
	i := sort.Search(n, func(i int) bool { return bytes.Compare(at(i), want) >= 0 })
	return i < n && bytes.Equal(at(i), want)
}

package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// keySize is that of AES-256, in bytes.
const keySize = 32

// Ring is master keys: the first seals, all open. The zero Ring has none.
type Ring struct{ keys []masterKey }

type masterKey struct {
	id   string
	aead cipher.AEAD
}

// ParseKeys reads master keys of 32 bytes each in base64, with white space or
// commas between them: the current one first, then old ones that still open what
// they have sealed. Lines that begin with # are comments.
func ParseKeys(text string) (Ring, error) {
	var ring Ring
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) }) {
			key, err := decodeKey(word)
			if err != nil {
				return Ring{}, err
			}
			ring.keys = append(ring.keys, key)
		}
	}
	return ring, nil
}

// decodeKey reads a key; its error never shows it.
func decodeKey(word string) (masterKey, error) {
	word = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(word, "="))
	raw, err := base64.RawStdEncoding.DecodeString(word)
	if err != nil || len(raw) != keySize {
		return masterKey{}, errors.New("a master key for secrets must be 32 bytes in base64; make one with: openssl rand -base64 32")
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return masterKey{}, fmt.Errorf("use the master key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return masterKey{}, fmt.Errorf("use the master key: %w", err)
	}
	sum := sha256.Sum256(append([]byte("tandem secrets "), raw...))
	return masterKey{id: hex.EncodeToString(sum[:8]), aead: aead}, nil
}

// NewKey makes a master key, in base64.
func NewKey() string {
	raw := make([]byte, keySize)
	rand.Read(raw) // never fails: it ends the program instead
	return base64.StdEncoding.EncodeToString(raw)
}

// errNoKey refuses secrets where there is no master key.
var errNoKey = errors.New("secrets need a master key: set TANDEM_SECRETS_KEY or TANDEM_SECRETS_KEY_FILE to 32 bytes in base64")

// seal encrypts a value into s under the current key.
func (r Ring) seal(s *Sealed, value string) error {
	if len(r.keys) == 0 {
		return errNoKey
	}
	key := r.keys[0]
	s.KeyID = key.id
	s.Nonce = make([]byte, key.aead.NonceSize())
	rand.Read(s.Nonce)
	s.Ciphertext = key.aead.Seal(nil, s.Nonce, []byte(value), s.bound())
	return nil
}

// open decrypts the value of s with the key that sealed it.
func (r Ring) open(s Sealed) (string, error) {
	if len(r.keys) == 0 {
		return "", errNoKey
	}
	for _, key := range r.keys {
		if key.id != s.KeyID {
			continue
		}
		if len(s.Nonce) != key.aead.NonceSize() {
			return "", errChanged
		}
		value, err := key.aead.Open(nil, s.Nonce, s.Ciphertext, s.bound())
		if err != nil {
			return "", errChanged
		}
		return string(value), nil
	}
	return "", fmt.Errorf("it was sealed with the master key %s, which this process does not have: give that key behind the current one", s.KeyID)
}

var errChanged = errors.New("its row was changed outside of Tandem: store it again")

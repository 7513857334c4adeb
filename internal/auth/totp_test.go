package auth

import (
	"encoding/base32"
	"testing"
	"time"
)

// TestCodeStep_vectors are those of RFC 6238, appendix B, for SHA-1: its eight
// digits end with our six.
func TestCodeStep_vectors(t *testing.T) {
	t.Parallel()
	seed := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte("12345678901234567890"))
	for at, want := range map[int64]string{
		59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037", 20000000000: "65353130",
	} {
		code := want[2:]
		step, ok := codeStep(seed, code, time.Unix(at, 0), 0)
		if !ok || step != at/30 {
			t.Errorf("at %d: %s gives step %d, %v, want %d", at, code, step, ok, at/30)
		}
		for name, off := range map[string]int64{"a step late": 30, "a step early": -30} {
			if _, ok := codeStep(seed, code, time.Unix(at+off, 0), 0); !ok {
				t.Errorf("at %d: refused %s", at, name)
			}
		}
		for _, off := range []int64{60, -60} {
			if at+off < 0 {
				continue
			}
			if _, ok := codeStep(seed, code, time.Unix(at+off, 0), 0); ok {
				t.Errorf("at %d: taken %d s off", at, off)
			}
		}
		if _, ok := codeStep(seed, code, time.Unix(at, 0), at/30); ok {
			t.Errorf("at %d: taken twice", at)
		}
	}
	for _, code := range []string{"", "94287", "942870822", "abcdef"} {
		if _, ok := codeStep(seed, code, time.Unix(59, 0), 0); ok {
			t.Errorf("%q is taken", code)
		}
	}
}

func TestRecovery(t *testing.T) {
	t.Parallel()
	salt := []byte("salt")
	codes, hashes := newRecovery(salt)
	if len(codes) != 10 || len(hashes) != 10 || len(codes[0]) != 19 || codes[0] == codes[1] {
		t.Fatalf("codes %q", codes)
	}
	rest, ok := useRecovery(salt, hashes, plainCode(" "+codes[3]+" "))
	if !ok || len(rest) != 9 || len(hashes) != 10 {
		t.Fatalf("used %v, %d left of %d", ok, len(rest), len(hashes))
	}
	if _, ok := useRecovery(salt, rest, plainCode(codes[3])); ok {
		t.Error("a recovery code is good twice")
	}
	if _, ok := useRecovery([]byte("other"), rest, plainCode(codes[4])); ok {
		t.Error("a hash does not depend on its salt")
	}
}

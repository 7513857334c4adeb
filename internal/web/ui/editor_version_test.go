package ui

import "testing"

func TestNextVersion(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"1.0.0": "1.0.1", "1.2.9": "1.2.10", "0.0.199": "0.0.200", "1.2.3-rc.1": "1.2.3", "1.0.0+build": "1.0.1",
	} {
		if got := nextVersion(from); got != want {
			t.Errorf("nextVersion(%s) = %s, want %s", from, got, want)
		}
	}
}

func TestWithVersion(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"name: a\nversion: 1.0.0 # first\n":       "name: a\nversion: 2.0.0 # first\n",
		"version: '1.0.0'\n":                      "version: '2.0.0'\n",
		"{\n  \"version\": \"1.0.0\"\n}":          "{\n  \"version\": \"2.0.0\"\n}",
		"with:\n  version: 3.0.0\nversion: 1.0.0": "with:\n  version: 3.0.0\nversion: 2.0.0",
		"ver: 1.0.0": "ver: 1.0.0",
	} {
		if got := withVersion(source, "1.0.0", "2.0.0"); got != want {
			t.Errorf("withVersion(%q) = %q, want %q", source, got, want)
		}
	}
}

package workflow

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompareVersions(t *testing.T) {
	t.Parallel()
	ordered := []string{"nonsense", "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.0+build", "2.0.0", "9.0.0", "10.0.0"}
	got := slices.Clone(ordered)
	slices.Reverse(got)
	slices.SortFunc(got, CompareVersions)
	if diff := cmp.Diff(ordered, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

func TestLatest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		versions []string
		want     string
	}{
		{nil, ""},
		{[]string{"9.0.0", "10.0.0", "2.0.0"}, "10.0.0"},
		{[]string{"1.0.0", "2.0.0-rc.1"}, "1.0.0"},
		{[]string{"2.0.0-rc.1"}, ""},
	} {
		if got := Latest(c.versions); got != c.want {
			t.Errorf("Latest(%v) = %q, want %q", c.versions, got, c.want)
		}
	}
}

func TestValidVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"1.2.0": true, "1.2.0-rc.1+x": true, "0.0.0": true,
		"": false, "1.2": false, "v1.2.0": false, "1.02.0": false, "1.2.0-": false, "1.2.x": false,
	} {
		if got := ValidVersion(version); got != want {
			t.Errorf("ValidVersion(%q) = %v, want %v", version, got, want)
		}
	}
}

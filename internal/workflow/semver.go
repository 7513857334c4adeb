package workflow

import "github.com/Masterminds/semver/v3"

// ValidVersion reports whether the text is a semantic version of three numbers,
// with an optional pre-release and build, such as 1.2.0-rc.1.
func ValidVersion(version string) bool {
	_, err := semver.StrictNewVersion(version)
	return err == nil
}

// CompareVersions orders two versions by semantic precedence: -1 when a is
// lower, +1 when it is higher. Versions of one precedence are ordered by their
// text, so that the order is total; texts that are no versions come below all
// that are.
func CompareVersions(a, b string) int {
	va, errA := semver.StrictNewVersion(a)
	vb, errB := semver.StrictNewVersion(b)
	switch {
	case errA != nil && errB != nil:
		return compareText(a, b)
	case errA != nil:
		return -1
	case errB != nil:
		return 1
	}
	if c := va.Compare(vb); c != 0 {
		return c
	}
	return compareText(a, b)
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Latest returns the highest release among the versions. Pre-releases are never
// latest: they are asked for by name. It returns "" when there is no release.
func Latest(versions []string) string {
	latest := ""
	for _, v := range versions {
		parsed, err := semver.StrictNewVersion(v)
		if err != nil || parsed.Prerelease() != "" {
			continue
		}
		if latest == "" || CompareVersions(v, latest) > 0 {
			latest = v
		}
	}
	return latest
}

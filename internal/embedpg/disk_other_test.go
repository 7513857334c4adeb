//go:build !linux

package embedpg

import "testing"

// smallDisk has no way to make a disk here.
func smallDisk(*testing.T, int) (string, bool) { return "", false }

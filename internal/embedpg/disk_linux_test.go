package embedpg

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"
)

// smallDisk mounts a disk of some megabytes that goes at the end; false means
// that this user may not.
func smallDisk(t *testing.T, megabytes int) (string, bool) {
	t.Helper()
	dir := open(t)
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=755", megabytes))
	if errors.Is(err, fs.ErrPermission) {
		return "", false
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir, true
}

package embedpg

import (
	"context"
	"os"
	"time"
)

// enoughShm is how much /dev/shm must offer before parallel queries use it.
const enoughShm = 256 << 20

// sharedMemory chooses dynamic_shared_memory_type. Files in the data directory
// serve everywhere; /dev/shm is faster, but a container may offer little of it
// or none, and systemd may empty it for an ordinary user who logs out.
func sharedMemory(acct account) string {
	if acct.uid >= 1000 && acct.uid != 65534 {
		if _, err := os.Stat("/run/systemd/system"); err == nil {
			return "mmap"
		}
	}
	if free, err := freeBytes("/dev/shm"); err != nil || free < enoughShm {
		return "mmap"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if acct.command(ctx, "/bin/sh", "-c", "test -w /dev/shm").Run() != nil {
		return "mmap"
	}
	return "posix"
}

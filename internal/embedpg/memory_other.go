//go:build !linux

package embedpg

// sharedMemory leaves the choice of dynamic_shared_memory_type to Postgres.
func sharedMemory(account) string { return "" }

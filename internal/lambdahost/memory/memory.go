// Package memory measures the memory of a process and of those that it has started.
//
// It counts private memory: the heap, the stacks and what else belongs to no file.
// Pages of files, such as those of the executable, can be read again, so the kernel
// drops them before a process has to end for them. The package works on Linux; on
// other systems [Supported] is false.
package memory

// MB is the megabyte of Lambda's memory sizes.
const MB = 1 << 20

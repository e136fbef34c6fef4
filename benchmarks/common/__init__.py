"""What the benchmarks share: runs in a process of their own, turns, the machine, times and statistics."""

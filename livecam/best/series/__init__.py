"""Photos that were taken to be merged into one: brackets, panoramas, focus stacks, time lapses."""

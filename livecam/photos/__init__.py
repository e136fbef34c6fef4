"""Photos on the disk: which there are, what belongs to each, and how they are read."""

"""Training on a data set: the loop, what learns, its settings, its state on the disk, and many processes."""

"""Which picture of a group is the best, why the others are not, and what is kept of each group."""

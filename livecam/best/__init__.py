"""The best frame of a burst, a clip or a shoot: scan, group, rank, explain, and export what was chosen."""

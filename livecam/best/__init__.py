"""The best frame of a burst, a clip or a shoot: look, group, rank, say why, and keep what was chosen."""

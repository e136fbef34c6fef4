"""The labels that were given by eye, and what livecam finds in the labelled pictures."""

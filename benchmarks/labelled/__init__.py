"""The labels that were given by eye, and what livecam sees in the labelled pictures."""

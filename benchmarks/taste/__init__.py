"""Whether what livecam learns from a person's choices foresees other choices of theirs."""

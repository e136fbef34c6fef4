"""What scoring an archive costs, beside ``livecam best``'s scan of the same photos."""

"""Every table and figure of the paper that livecam starts from, on public data."""

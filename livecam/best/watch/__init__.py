"""Follows a folder, and says, shows and marks what is new."""

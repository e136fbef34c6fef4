"""Looks through photos and clips, and remembers what it found."""

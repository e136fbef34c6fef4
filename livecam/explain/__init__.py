"""Tells a person from the log of a run why no picture was taken: in words, as a chart in the terminal, as a page."""

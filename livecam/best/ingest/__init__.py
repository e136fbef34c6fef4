"""Copies cards into a folder, each file checked."""

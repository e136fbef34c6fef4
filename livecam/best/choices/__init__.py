"""What a person has chosen on the page or in a list, and which files that is on the disk."""

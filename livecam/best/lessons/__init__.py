"""From what a person has chosen to what a taste learns from."""

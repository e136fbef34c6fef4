"""The score of a face, and the named reasons that hold a shot back."""

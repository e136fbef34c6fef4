"""A shoot that a person looks through in the browser: its state, its journal, and what came of it."""

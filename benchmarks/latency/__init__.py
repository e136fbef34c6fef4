"""How long the scorer, each step and the whole loop take, and what they need."""

"""How the model that ships is made: what is collected, painted and augmented, the rubric, and the training."""

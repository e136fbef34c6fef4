"""Which frame of a burst is picked, and which eyes are closed, beside what people saw in the same pictures."""

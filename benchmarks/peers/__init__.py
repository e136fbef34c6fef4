"""How fast livecam is beside the loops that one would write instead."""

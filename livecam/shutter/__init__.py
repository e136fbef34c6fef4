"""When the picture is taken: pure state machines over moments, whose only clock is the frame's time."""

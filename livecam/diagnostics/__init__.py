"""Whether everything livecam needs is there and works, and what to do about what is not.

Each check really uses what it looks at (finds faces, scores, opens cameras and a window), because a library that
is installed may still not load. So the heavy imports are inside the checks, and a check that breaks is reported
like one that fails.
"""

"""livecam: a camera that takes the picture by itself."""

__version__ = "0.1.0"

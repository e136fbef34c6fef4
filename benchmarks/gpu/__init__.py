"""Whether the scorer really runs on an NVIDIA GPU, as exactly as on the CPU, and how fast beside PyTorch."""

"""The PyTorch path: trains, evaluates and explains the scorer. The camera never needs it."""

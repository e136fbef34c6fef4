"""How right the scorer is on people and clips that it was never trained on."""

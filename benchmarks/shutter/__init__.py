"""What the camera takes by itself on labelled clips, beside two simple triggers."""

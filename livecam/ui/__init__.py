"""What a person sees and hears while the camera runs."""

"""What is kept of a photo or a clip's frame once its pixels are let go."""

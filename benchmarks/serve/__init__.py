"""What the browser costs the camera, and how old what it shows is."""

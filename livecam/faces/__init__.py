"""Faces: found, cut out, measured, and followed from frame to frame."""

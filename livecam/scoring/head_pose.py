"""From where on a head is turned away from the camera: for the checks, and for bursts where eyes count for nothing."""

from __future__ import annotations

# Degrees either way; ``livecam.scoring.checks.CheckSettings`` says what was measured.
MOST_YAW_DEG, MOST_PITCH_DEG = 35.0, 28.0


def head_turned(
    pose: tuple[float, float, float], most_yaw_deg: float = MOST_YAW_DEG, most_pitch_deg: float = MOST_PITCH_DEG
) -> bool:
    """Return whether the head alone, by yaw, pitch and roll in degrees, is turned away; eyes may come back or not."""
    yaw, pitch, _ = pose
    return abs(yaw) > most_yaw_deg or abs(pitch) > most_pitch_deg

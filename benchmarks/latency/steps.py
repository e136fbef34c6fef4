"""What each step of a frame costs the processor. Called in a Python of its own."""

from __future__ import annotations

from pathlib import Path


def run(*, model: str | None, provider: str, frames: int, spawned_s: float) -> dict[str, float]:
    """Return ms of processor time by step, see ``livecam.diagnostics.step_costs``. Raises ModelError."""
    del spawned_s
    from livecam.diagnostics.step_costs import step_costs  # noqa: PLC0415  loads all models

    return step_costs(model=Path(model) if model else None, provider=provider, frames=frames)

"""How large everything on a picture is drawn."""

from __future__ import annotations

from dataclasses import dataclass

_READABLE = 0.66  # the least size of a design pixel, pixels: the smallest words then have 12; set by hand


@dataclass(frozen=True, slots=True)
class Layout:
    """The size of the picture, pixels, and of everything in it.

    960 x 720 design pixels fit; where the picture is narrow 664 x 930: what lies side by side there would leave no
    words to be read. In a picture that is too small for that, words stay as large as they must be, and less is shown.
    """

    width: int
    height: int

    @property
    def narrow(self) -> bool:
        """Whether it is so much higher than wide that things lie above each other."""
        return self.height >= 1.4 * self.width

    @property
    def fitting(self) -> float:
        """Pixels of a design pixel if all is to fit."""
        return min(self.height / 720, self.width / (664 if self.narrow else 960))

    @property
    def small(self) -> bool:
        """Whether the picture is so small that not all of it fits in words that can be read."""
        return self.fitting < _READABLE

    def px(self, length: float) -> int:
        """Pixels of a length in design pixels; at least one."""
        return max(1, round(length * max(self.fitting, _READABLE)))

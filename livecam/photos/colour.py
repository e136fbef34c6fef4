"""Brings a picture's colours, whatever its depth and colour profile, to 8 bits in sRGB."""

from __future__ import annotations

import io
from functools import cache, lru_cache

import numpy as np
from PIL import Image, ImageCms


def to_8_bit(image: Image.Image) -> Image.Image:
    """Return a picture of any mode as 8-bit RGB or CMYK; what shows through a transparent one is white."""
    if image.mode.startswith(("I", "F")):
        return _grey_to_8_bit(image)
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        over = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")
    if image.mode in {"RGB", "CMYK"}:
        image.load()
        return image
    return image.convert("RGB")


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return an 8-bit RGB or CMYK picture as sRGB.

    profile: its ICC colour profile; one that is damaged, or made for another kind of picture, is left out of account.
    """
    transform = _transform(profile, image.mode) if profile else None
    if transform is not None:
        return transform.apply(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def is_srgb(profile: bytes | None) -> bool:
    """Return whether ``to_srgb`` leaves an 8-bit RGB picture with this profile as it is."""
    return not profile or _transform(profile, "RGB") is None


def _grey_to_8_bit(image: Image.Image) -> Image.Image:
    """Bring grey of 16 or 32 bits, or floating point, to 8 bits by its type's usual range."""
    values = np.asarray(image, np.float32)
    brightest = float(values.max(initial=0.0))
    white = 1.0 if image.mode == "F" and brightest <= 1 else 65535.0 if brightest > 255 or ";" in image.mode else 255.0
    grey = np.clip(values * (255 / max(white, brightest)), 0, 255).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@lru_cache(maxsize=32)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """What turns profile's colours into sRGB; None if it is sRGB, damaged or made for another kind of picture."""
    try:
        found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "srgb" in ImageCms.getProfileDescription(found).lower():
            return None
        # Without lcms' cache of the last pixel, which threads would have to share.
        return ImageCms.buildTransform(found, _srgb(), mode, "RGB", flags=ImageCms.Flags.NOCACHE)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None

"""Small pictures of papers; knows nothing but pictures, so that a process of its own may use it."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from PIL import Image

LONGEST_SIDE: Final = 480  # pixels
MOST_BYTES: Final = 30_000
_QUALITIES: Final = (70, 50, 30, 15)


def thumbnail(picture: Image.Image) -> bytes:
    """Return a small JPEG of a picture, on white where it is transparent.

    Args:
        picture: drawn already; it is left as it is.

    Returns:
        At most ``MOST_BYTES``; nothing where even the roughest is larger.
    """
    small = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if small.mode == "RGBA":
        white = Image.new("RGB", small.size, "white")
        white.paste(small, mask=small.getchannel("A"))
        small = white
    for quality in _QUALITIES:
        written = BytesIO()
        small.save(written, "JPEG", quality=quality, optimize=True)
        if written.tell() <= MOST_BYTES:
            return written.getvalue()
    return b""

"""A line as the recogniser sees it: 48 pixels high, paper white, ink black. Training and reading share this, so they cannot drift apart."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.model import Box

Grey = NDArray[np.uint8]
HEIGHT = 48
MOST_WIDE = 2400
LEAST_WIDE = 16
_LEAST_CONTRAST = 48.0
ABOVE, BESIDE = 0.10, 0.20
"""Paper kept round a line's box, of its height: above and below, left and right."""


def line_image(crop: Grey, most_wide: int | None = MOST_WIDE) -> Grey:
    """A grey crop (height, width) brought to (48, 16 … most_wide), its paper to 255 and its darkest ink to 0.

    A wider line is squeezed, which bounds what training holds in memory; None squeezes nothing.
    Contrast under 48 grey levels is stretched as if it were 48: noise on an empty strip must not turn into writing.
    """
    height, width = crop.shape
    wide = max(round(width * HEIGHT / height), LEAST_WIDE)
    wide = wide if most_wide is None else min(wide, most_wide)
    method = cv2.INTER_AREA if height > HEIGHT or width > wide else cv2.INTER_LINEAR
    scaled = crop if crop.shape == (HEIGHT, wide) else cv2.resize(crop, (wide, HEIGHT), interpolation=method)
    dark, light = (float(np.percentile(scaled, share)) for share in (1, 85))
    span = max(light - dark, _LEAST_CONTRAST)
    return np.asarray(np.clip((scaled.astype(np.float32) - (light - span)) * (255 / span), 0, 255), np.uint8)


def with_margin(pixels: Grey, box: Box) -> tuple[Grey, int]:
    """The crop (height, width) of a line's box and its margin, as far as the page has one, and the column it starts at."""
    above, beside = round(ABOVE * (box.y1 - box.y0)), round(BESIDE * (box.y1 - box.y0))
    left = max(box.x0 - beside, 0)
    return pixels[max(box.y0 - above, 0) : box.y1 + above, left : box.x1 + beside], left

"""What lies over a line: rules, fill lines, stamps, signatures, punch holes. Grey image in, grey image of the same size out."""

import cv2
import numpy as np

from ocr_models.training.lines import Grey


def ruled(image: Grey, rng: np.random.Generator, baseline: int) -> Grey:
    """A printed line under or through the writing, solid, dashed or dotted, a little crooked."""
    out = image.copy()
    height, width = image.shape
    y = int(np.clip(baseline + rng.integers(-2, 7), 1, height - 2))
    end = int(np.clip(y + rng.integers(-2, 3), 1, height - 2))
    ink, thick = int(rng.integers(20, 170)), int(rng.integers(1, 3))
    step = int(rng.choice((0, 0, 4, 7, 12)))
    if not step:
        cv2.line(out, (0, y), (width, end), ink, thick, cv2.LINE_AA)
        return out
    for x in range(int(rng.integers(step)), width, step):
        at = y + (end - y) * x // width
        cv2.line(out, (x, at), (x + (step // 2 if step > 5 else 0), at), ink, thick)
    return out


def framed(image: Grey, rng: np.random.Generator) -> Grey:
    """A table's rules at one to three edges of the crop, as a cell cut a little wide has them."""
    out = image.copy()
    height, width = image.shape
    ink, thick = int(rng.integers(10, 150)), int(rng.integers(1, 4))
    inset = int(rng.integers(0, 3))
    sides = (((0, inset), (width, inset)), ((0, height - 1 - inset), (width, height - 1 - inset)),
             ((inset, 0), (inset, height)), ((width - 1 - inset, 0), (width - 1 - inset, height)))  # fmt: skip
    for number in rng.permutation(4)[: int(rng.integers(1, 4))]:
        start, end = sides[int(number)]
        cv2.line(out, start, end, ink, thick)
    return out


def stamped(image: Grey, rng: np.random.Generator, lettering: Grey | None) -> Grey:
    """Part of a rubber stamp across the line: ring, box or words (a mask), patchy; black ink shows dark, coloured ink grey.

    The stamp multiplies the paper's light, so that writing under it stays darker than the stamp.
    """
    height, width = image.shape
    cover = np.zeros((height, width), np.uint8)
    thick = int(rng.integers(2, 5))
    x, y, size = int(rng.integers(width)), int(rng.integers(-height, 2 * height)), int(rng.integers(height, 4 * height))
    if rng.random() < 0.6:
        cv2.circle(cover, (x, y), size, 255, thick, cv2.LINE_AA)
        cv2.circle(cover, (x, y), round(size * 0.68), 255, max(1, thick - 1), cv2.LINE_AA)
    else:
        box = cv2.boxPoints(((x, y), (size * 2.2, size), float(rng.uniform(-20, 20))))
        cv2.polylines(cover, [box.astype(np.int32)], isClosed=True, color=255, thickness=thick, lineType=cv2.LINE_AA)
    if lettering is not None:
        cover = np.maximum(cover, _laid(lettering, cover.shape, rng))
    patchy = 0.35 + 0.65 * cv2.resize(rng.random((3, max(3, width // 60)), dtype=np.float32), (width, height))
    depth = float(rng.uniform(0.25, 0.75))
    return np.clip(image * (1 - depth * patchy * (cover / np.float32(255))), 0, 255).astype(np.uint8)


def _laid(lettering: Grey, shape: tuple[int, ...], rng: np.random.Generator) -> Grey:
    """A mask turned a little and laid somewhere on a sheet of `shape`."""
    turn = cv2.getRotationMatrix2D((lettering.shape[1] / 2, lettering.shape[0] / 2), float(rng.uniform(-25, 25)), 1.0)
    turn[0, 2] += rng.uniform(-0.3, 0.7) * shape[1]
    turn[1, 2] += rng.uniform(-0.6, 0.6) * shape[0]
    return np.asarray(cv2.warpAffine(lettering, turn, (shape[1], shape[0])), np.uint8)


def signed(image: Grey, rng: np.random.Generator) -> Grey:
    """A pen's flourish across part of the line: a smooth curve through a few points, thin."""
    height, width = image.shape
    count = int(rng.integers(4, 8))
    centre, reach = rng.uniform(0, width), rng.uniform(1.5, 4) * height
    knots = np.stack([centre + rng.uniform(-reach, reach, count), rng.uniform(-0.6, 1.6, count) * height], axis=1)
    at = np.linspace(0, count - 1, 60)
    points = np.stack([_smooth(np.interp(at, np.arange(count), knots[:, axis])) for axis in (0, 1)], axis=1)
    out = image.copy()
    ink = int(rng.integers(70, 170))
    drawn = np.full_like(image, 255)
    cv2.polylines(drawn, [points.astype(np.int32)], isClosed=False, color=ink, thickness=int(rng.integers(1, 3)), lineType=cv2.LINE_AA)
    return np.minimum(out, drawn)


def _smooth(values: np.ndarray) -> np.ndarray:
    return np.convolve(np.pad(values, 5, mode="edge"), np.ones(11) / 11, mode="valid")


def punched(image: Grey, rng: np.random.Generator, margin: int) -> Grey:
    """A filing hole, black or white, that reaches `margin` pixels in from one end: as far as there is no writing."""
    out = image.copy()
    height, width = image.shape
    radius = int(rng.integers(height // 4, height // 2 + 2))
    x = margin - radius if rng.random() < 0.5 else width - margin + radius
    cv2.circle(out, (x, int(rng.integers(height))), radius, int(rng.choice((25, 50, 255))), -1, cv2.LINE_AA)
    return out

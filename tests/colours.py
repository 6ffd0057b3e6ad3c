"""How well one colour can be read on another."""

from __future__ import annotations

import re


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, `rgb(r, g, b)` or `#rrggbb` (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    numbers = (
        re.findall(r"\d+", colour) if colour.startswith("rgb") else [int(pair, 16) for pair in re.findall("..", colour[1:])]
    )
    parts = [int(number) / 255 for number in numbers]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

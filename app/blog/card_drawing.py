"""Draw the picture that a link to a post shows elsewhere: its title on the site's colours, 1200 by 630 pixels."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from itertools import groupby

from PIL import Image, ImageDraw

from app.blog.card_fonts import OWN, font, font_of

SIZE = (1200, 630)
MARGIN = 88
WIDEST = SIZE[0] - 2 * MARGIN
SIZES = (92, 80, 70, 60, 52)
LEADING = 1.12
TOP, BOTTOM = 190, 512
# The site's own, from afterword.css: paper, ink, accent and soft.
PAPER, INK, ACCENT, SOFT = "#fafaf6", "#15171c", "#2438b8", "#555962"
# mark.svg: three asterisks of three strokes, in a square of 32.
STROKES = (
    (16, 3, 16, 14), (11.24, 5.75, 20.76, 11.25), (11.24, 11.25, 20.76, 5.75),
    (8, 17.5, 8, 28.5), (3.24, 20.25, 12.76, 25.75), (3.24, 25.75, 12.76, 20.25),
    (24, 17.5, 24, 28.5), (19.24, 20.25, 28.76, 25.75), (19.24, 25.75, 28.76, 20.25),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a card says."""

    title: str
    author: str
    site: str


def draw(card: Card) -> bytes:
    """Return the card as PNG. What the fonts cannot write is left out: a box for each letter helps no one."""
    image = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, SIZE[0], 14), fill=ACCENT)
    _mark(pen, MARGIN, MARGIN - 6, 56)
    if can_write(card.site):
        _write(pen, (MARGIN + 76, MARGIN + 36), card.site, 38, "small", INK)
    if can_write(card.title):
        size, lines = _fitted(pen, card.title)
        first = TOP + (BOTTOM - TOP - len(lines) * size * LEADING) / 2 + size * 0.85
        for number, line in enumerate(lines):
            _write(pen, (MARGIN, round(first + number * size * LEADING)), line, size, "title", INK)
    if can_write(card.author):
        _write(pen, (MARGIN, SIZE[1] - 62), card.author, 34, "small", SOFT)
    content = BytesIO()
    image.quantize(64).save(content, "PNG", optimize=True)
    return content.getvalue()


def can_write(text: str) -> bool:
    """Return whether the fonts have every character."""
    return all(character.isspace() or font_of(character) is not None for character in text)


def _fitted(pen: ImageDraw.ImageDraw, title: str) -> tuple[int, list[str]]:
    """Return the largest size at which the title fits, and its lines; a title that never fits is cut."""
    for size in SIZES:
        lines, most = _lines(pen, title, size), int((BOTTOM - TOP) / (size * LEADING))
        if len(lines) <= most:
            return size, lines
    return size, [*lines[: most - 1], f"{lines[most - 1][:-2].rstrip()}…"]


def _lines(pen: ImageDraw.ImageDraw, text: str, size: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if _width(pen, longer, size) <= WIDEST:
            lines[-1] = longer
            continue
        lines += [""] if lines[-1] else []
        for character in word:  # one that is wider than a line is broken where the line ends
            lines += [""] if _width(pen, lines[-1] + character, size) > WIDEST else []
            lines[-1] += character
    return lines


def _width(pen: ImageDraw.ImageDraw, text: str, size: int) -> float:
    return sum(pen.textlength(run, font=font(name, size, "title")) for name, run in _runs(text))


def _write(pen: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, weight: str, colour: str) -> None:
    """Write on a line whose base is at this height."""
    x, y = at
    for name, run in _runs(text):
        chosen = font(name, size, weight)
        pen.text((x, y), run, font=chosen, fill=colour, anchor="ls")
        x += pen.textlength(run, font=chosen)


def _runs(text: str) -> list[tuple[str, str]]:
    """Return the text in parts, each with the font that has it."""
    return [(name, "".join(run)) for name, run in groupby(text, key=lambda character: font_of(character) or OWN[0])]


def _mark(pen: ImageDraw.ImageDraw, x: float, y: float, side: float) -> None:
    scale = side / 32
    for x1, y1, x2, y2 in STROKES:
        pen.line((x + x1 * scale, y + y1 * scale, x + x2 * scale, y + y2 * scale), fill=ACCENT, width=5)

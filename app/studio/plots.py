"""Small plots as SVG, drawn on the server: no script, and the page's own colours.

uPlot is 51 kB of script, and a canvas to build again at each poll. Sixty bars are about 3 kB of SVG, have a text for screen
readers, and are there without JavaScript.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from owed.figures import Point

HEIGHT = 48.0
STEP = 10.0
GAP = 2.0


@dataclass(frozen=True)
class Bar:
    """A rectangle in units of the drawing; y counts downwards."""

    x: float
    y: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Plot:
    """What went out as bars, failures on top of them, and what came in as a line."""

    width: float
    height: float
    bar: float
    done: Sequence[Bar]
    failed: Sequence[Bar]
    owed: str
    """The points of the line, as SVG has them."""
    most: int
    """What the full height means."""


def plot(points: Sequence[Point]) -> Plot:
    most = max((max(point.owed, point.done + point.failed) for point in points), default=0)
    unit = HEIGHT / most if most else 0.0
    columns = list(enumerate(points))
    return Plot(
        width=STEP * len(points),
        height=HEIGHT,
        bar=STEP - GAP,
        done=[_bar(place, 0, point.done, unit) for place, point in columns if point.done],
        failed=[_bar(place, point.done, point.failed, unit) for place, point in columns if point.failed],
        owed=" ".join(f"{place * STEP + STEP / 2:.0f},{HEIGHT - point.owed * unit:.1f}" for place, point in columns),
        most=most,
    )


def _bar(place: int, below: int, count: int, unit: float) -> Bar:
    """Return a bar that can be seen: one failure among a thousand is what the plot is for."""
    height = max(count * unit, 1.5)
    return Bar(x=place * STEP + GAP / 2, y=max(round(HEIGHT - below * unit - height, 1), 0.0), height=round(height, 1))

"""A bar of parts, each with its share: where it begins and how wide it is, in percent."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

COLOURS = 8
"""How many fills there are; the number in a part tells two of one fill apart."""

LABELLED = 8.0
"""Percent from which on a part is wide enough to bear its number, also on a phone."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part: its number in the legend, and its place in percent of the bar."""

    number: int
    name: str
    count: int
    share: float
    x: str
    width: str
    middle: str
    fill: int
    labelled: bool


def parts(counts: Mapping[str, int]) -> tuple[Part, ...]:
    """Return the parts of a bar, the largest first; nothing where all are zero."""
    total = sum(counts.values())
    found: list[Part] = []
    x = 0.0
    for number, (name, count) in enumerate(sorted(counts.items(), key=_largest), start=1):
        if count <= 0:
            continue
        share = 100 * count / total
        found.append(
            Part(
                number=number,
                name=name,
                count=count,
                share=share,
                x=f"{x:.3f}%",
                width=f"{share:.3f}%",
                middle=f"{x + share / 2:.3f}%",
                fill=(number - 1) % COLOURS,
                labelled=share >= LABELLED,
            )
        )
        x += share
    return tuple(found)


def _largest(part: tuple[str, int]) -> tuple[int, str]:
    return -part[1], part[0]

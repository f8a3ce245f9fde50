"""Numbers in answers are the numbers they are."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from commands.transform.values import canonical, read
from commands.visible import encode


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Decimal("0.10"), "0.10"),
        (Decimal("1e400"), "1E+400"),
        (2**63, "9223372036854775808"),
        (-(2**64), "-18446744073709551616"),
        (2**53 + 1, "9007199254740993"),
        (Decimal("NaN"), '{"number":"NaN"}'),
        (Decimal("-Infinity"), '{"number":"-Infinity"}'),
        ("0.10", '"0.10"'),
    ],
)
def test_numbers(value: Any, wanted: str) -> None:
    """A number is no text, keeps its digits, and is not stopped by 64 bits."""
    assert encode([value]).decode() == f"[{wanted}]"


def test_beyond_floats() -> None:
    """A number that no float holds is still a number, and differs from an object."""
    assert canonical(read("1e400")) == "1E+400"
    assert canonical(read("1e400")) != canonical({"number": "1E+400"})

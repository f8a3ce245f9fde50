"""Whether the packages that Python finds under our names are ours."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def foreign_package() -> str:
    """Name a package of ours that Python finds elsewhere; empty where all is well."""
    home = Path(__file__).resolve().parents[1]
    for name in ("journal", "projections"):
        spec = find_spec(name)
        if spec is None or spec.origin is None or Path(spec.origin).resolve().parents[1] != home:
            return f"{name} ({spec.origin})" if spec and spec.origin else name
    return ""

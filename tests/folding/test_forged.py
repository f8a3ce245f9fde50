"""Saved folds that are false, old, of another time or another release: never believed."""

from __future__ import annotations

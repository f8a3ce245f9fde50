"""Bisect: the position where the answer of a query changed."""

"""Findings from the catalog and the rows alone."""

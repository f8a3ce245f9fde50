"""Dropping tables that nothing uses, with the evidence for it."""

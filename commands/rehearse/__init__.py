"""Rehearsal: the pending migrations there and back again on a scratch copy."""

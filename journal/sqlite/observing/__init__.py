"""Observing what another program does to a SQLite file."""

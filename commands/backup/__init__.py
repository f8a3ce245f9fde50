"""Backups: tables copied out to plain files, read back, and known to the journal."""

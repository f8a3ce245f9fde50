"""Restoring: tables made equal to a backup, journaled, and proved before it is committed."""

"""Checkout: the database as it was at a position, in a new one."""

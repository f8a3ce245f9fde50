"""Scratch copies of a PostgreSQL database: dumped, or made from it as a template."""

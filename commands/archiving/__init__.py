"""Archives: what old entries name, written out, sealed, and taken out of the database."""

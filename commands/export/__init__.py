"""The journal as files that a stranger can check without the database and without Clew."""

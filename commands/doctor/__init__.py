"""What is broken in a half-migrated database, with evidence, and the repair of it."""

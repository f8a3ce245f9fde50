"""SQLite: session, capture, schema and the way back."""

"""PostgreSQL: session, capture, catalog and the way back."""

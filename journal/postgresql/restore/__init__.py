"""Taking schema changes back: from the live objects to what they were, data included."""

"""The history of one row: what happened to it, when, by whom, and why."""

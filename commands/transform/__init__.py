"""Row transforms: what a migration in Python is made of."""

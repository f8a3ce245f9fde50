"""What migration files, or models, want, against what is there; tried on scratch databases."""

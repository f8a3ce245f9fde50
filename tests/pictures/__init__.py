"""Pictures of reports for the documentation, and the stories that they tell."""

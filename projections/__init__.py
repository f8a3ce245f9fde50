"""The read side: pure folds over what happened."""

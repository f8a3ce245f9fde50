"""Resets: some tables emptied, others proved untouched, and every removed row journaled."""

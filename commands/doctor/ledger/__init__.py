"""What other tools' bookkeeping says, against their files and what is there."""

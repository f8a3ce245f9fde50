"""The bookkeeping of other migration tools: recognised, read and imported."""

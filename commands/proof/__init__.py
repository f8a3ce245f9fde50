"""Keys, signed notes, checkpoints and proofs: what outside auditors hold the record against."""

"""Many databases at once, each with a journal of its own: what is asked of one is asked of all."""

"""The demonstration: a small matching app whose profiles are to become one per person."""

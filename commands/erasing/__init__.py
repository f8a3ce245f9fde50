"""Making personal data unreadable without breaking the proof."""

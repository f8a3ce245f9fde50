"""Measurements, side by side in one run: ratios, CPU and wall, peak memory."""

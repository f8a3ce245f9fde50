"""Runs around what a program of its own executes, on its own connection."""

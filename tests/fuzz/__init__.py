"""Every parser and decoder, fed with what chance and coverage find: only errors of our own come out.

``python -m tests.fuzz TARGET [SECONDS]`` goes on for long, guided by coverage (extra ``fuzz``).
"""

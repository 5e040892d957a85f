"""Explores the orders in which the real functions can meet, and checks the invariants after each.

`python -m tests.interleave` runs it; docs/invariants.md says what it covers and what it assumes.
"""

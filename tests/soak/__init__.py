"""Whole lives of accounts, many at a time, on the real functions with faults on; what is left is audited to the grant.

`python -m tests.soak` runs them.
"""

"""Rules have tests of their own: case files, what they reach, mutants that they do not notice, and
what is missing.
"""

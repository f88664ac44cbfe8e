"""What a unit hands in, in every form it may have: read, and held against the metrics of a rule
set.
"""

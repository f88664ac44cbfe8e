"""From figures to points, in exact integers: value functions, totals, the index, and what other
figures would gain.
"""

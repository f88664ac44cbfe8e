"""Questions about finished scorings: what wins points back, what moved, how sure an index is, what
a version does.
"""

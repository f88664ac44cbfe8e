"""From a scoring to the report and its document, every lost point explained; and the proof that it
recomputes.
"""

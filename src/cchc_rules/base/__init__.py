"""Exact numbers, intervals, days, states, problems as values, messages in both languages: what all
rooms stand on.
"""

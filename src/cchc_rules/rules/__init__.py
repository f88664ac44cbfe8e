"""A rule file: found, read, laid over others, checked, and described in words. Knows no submission."""

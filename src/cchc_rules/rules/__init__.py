"""A rule file: found, read, laid over others, checked, described in words. Knows no submission."""

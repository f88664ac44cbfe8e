"""Two versions of an instrument: what changed in words, and what it does to those scored."""

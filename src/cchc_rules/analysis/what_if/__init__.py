"""What would win points back: figures tried, and the fewest changes that reach an index."""

"""What would win points back: figures tried, the least changes that gain, the fewest rules to mend."""

"""Two scorings side by side: what moved the index, in parts that add up."""

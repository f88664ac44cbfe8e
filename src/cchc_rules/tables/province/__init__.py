"""A province: the scores of many units ranked and laid side by side. Needs the extra `table`."""

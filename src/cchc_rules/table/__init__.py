"""Tables: many submissions at once, one row a unit, to the same figures as one by one. Needs the extra `table`."""

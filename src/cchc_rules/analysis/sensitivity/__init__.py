"""How far an index hangs on weights and readings that somebody chose."""

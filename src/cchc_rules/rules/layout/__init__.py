"""One layout for rule files: every comment kept, nothing meant otherwise."""

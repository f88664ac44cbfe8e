"""Blank submissions to fill in, as JSON and as a workbook, and the reading of a filled workbook."""

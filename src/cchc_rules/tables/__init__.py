"""Many submissions at once, to the same figures as one by one; files, provinces, Spark. Needs the
extra `table`.
"""

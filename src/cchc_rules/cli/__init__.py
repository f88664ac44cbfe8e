"""The command line: arguments in, words and exit codes out. It alone prints, exits and reads the
environment.
"""

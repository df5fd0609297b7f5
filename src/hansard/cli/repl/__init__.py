"""A chat in the terminal.

`conversation` holds the current conversation and what can be done in it. `answers` shows an answer while it is
generated, and `once` asks a single prompt. `loop` reads the input with `terminal`, and `commands` contains the
commands that begin with a slash.
"""

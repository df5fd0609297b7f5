"""A conversation in the terminal.

`talk` is the person's place in the record: which conversation, and what can be done there. `answers` shows
an answer while it comes, `once` asks a single prompt; `loop` reads what is typed with `terminal`, and `commands`
are the words that begin with a slash.
"""

"""Who answers: models, each known by `provider/model`.

A provider turns a `Request` into a stream of events; see `base`. What is installed and configured decides which
providers there are; nothing here is imported before it is used.
"""

"""Model providers. A model is named `provider/model`.

A provider turns a `Request` into a stream of events; see `base`. The installed packages and the configuration
determine which providers exist; none is imported before it is used.
"""

"""A protocol suite that checks a running server over REST, server-sent events and its WebSocket.

``python -m hansard.testing.protocol URL --token TOKEN`` runs it. It needs the packages of the extra ``client``.
"""

"""Trials that check the guarantees on a user's own disk, kernel and server, by causing faults."""

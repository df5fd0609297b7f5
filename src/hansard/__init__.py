"""Hansard, the conversation database."""

__version__ = "0.1.0"

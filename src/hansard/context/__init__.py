"""The part of a conversation sent to a model: instructions, a summary, and the newest messages that fit."""

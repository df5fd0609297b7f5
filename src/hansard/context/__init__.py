"""What of a conversation is sent to a model: instructions, a summary, and the newest messages that fit."""

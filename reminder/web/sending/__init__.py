"""What will be sent, what was sent, and what could not be."""

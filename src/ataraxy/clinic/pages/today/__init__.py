"""The day: chairs, what is due, who waits."""

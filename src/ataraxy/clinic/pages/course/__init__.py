"""What is done with a course: open, assign, plan, change, end."""

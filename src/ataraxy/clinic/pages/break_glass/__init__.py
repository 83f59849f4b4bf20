"""Break-glass: opening a patient outside one's care, with a reason, for a time, with notice."""

"""What the clinic works by: rules of the gate, its policy, what it says of itself; all versions for ever."""

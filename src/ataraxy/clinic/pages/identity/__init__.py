"""Who a person is: read, and corrected with a reason."""

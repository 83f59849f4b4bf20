"""People in care: list, search, referral."""

"""Administration: people, roles, credentials, second factors. No patient data."""

"""People who sign in: accounts, roles, credentials, second factors. Nothing about patients."""

"""Who may open what: permissions, roles, stated access of every view, default deny, break-glass, access log, locks."""

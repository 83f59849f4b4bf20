"""The clinic in the browser: people, roles, pages, run sheet, JSON interface (Django, server-rendered with htmx).

Here belong accounts, access, pages and what a browser needs. Rules of care belong in `therapy`; everything about a
patient is read and written through `practice`. Django's own database holds accounts only. Nothing below `cli` imports
this package, and importing it configures nothing: settings come from a clinic's directory (`home`).
"""

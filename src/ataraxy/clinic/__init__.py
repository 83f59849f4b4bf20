"""The clinic in the browser (Django, server-rendered with htmx).

Belongs here: accounts, roles and access, pages, the run sheet, the JSON interface, what a browser needs. Does not
belong here: rules of care (`therapy`), and reading or writing anything about a patient but through `practice`; Django's
own database holds accounts only. Importing this package configures nothing: settings come from a clinic's directory
(`home`).
"""

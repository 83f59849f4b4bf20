"""One package for each page: `urls`, `views`, its templates below `templates/<page>/`. See `ataraxy.clinic.urls`."""

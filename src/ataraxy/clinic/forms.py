"""How forms look: one template for a field, an error summary that links to what is wrong."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Renders forms with the clinic's templates."""

    form_template_name = "parts/form.html"
    field_template_name = "parts/field.html"

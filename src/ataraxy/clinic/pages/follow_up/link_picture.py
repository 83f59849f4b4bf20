"""A link as a picture that a phone reads from the screen, so that nobody has to send it anywhere."""

from __future__ import annotations

import base64

from allauth.mfa.adapter import get_adapter


def picture_of(address: str) -> str:
    """Return a QR code of an address as the source of an image: SVG inside a data URI."""
    # The one that draws the codes of authenticator apps; it encodes whatever text it is given.
    drawn: str = get_adapter().build_totp_svg(address)
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.encode()).decode()

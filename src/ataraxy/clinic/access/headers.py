"""Headers of every answer that Django's and django-csp's middleware do not set."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

_OFF = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "encrypted-media",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
)
# The run sheet keeps a tablet's screen on; passkeys are the second factor.
PERMISSIONS_POLICY = ", ".join(
    [f"{name}=()" for name in _OFF]
    + [
        f"{name}=(self)"
        for name in ("publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock")
    ]
)


class HeadersMiddleware:
    """Nothing of a page is kept by a browser or a proxy; nothing of this site is used by another."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if "ETag" not in response.headers and "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        elif "private" not in response.headers.get("Cache-Control", "") and not request.path.startswith(
            "/static/"
        ):
            response.headers["Cache-Control"] = (
                "private, no-cache" if "ETag" in response.headers else "no-store"
            )
        return response

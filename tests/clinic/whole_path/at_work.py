"""Somebody of the clinic at work in a browser: signs in as people do, and fills in forms as they stand on the page."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from dataclasses import dataclass, field
from typing import Any

PATIENCE_MS = 15_000
STEP_S = 30


def one_time_code(secret: str, moment: float) -> str:
    """Six digits of an authenticator app (RFC 6238), for a secret in base 32."""
    key = base64.b32decode(secret.replace(" ", "").upper() + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(moment) // STEP_S), hashlib.sha1).digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


@dataclass(eq=False)
class AtWork:
    """One person with a browser of their own.

    Attributes:
        name: they sign in with it.
        password: theirs; a one-time password until they have signed in first.
        page: of their browser.
        secret: of their authenticator app.
    """

    name: str
    password: str
    page: Any
    secret: str = field(default="", repr=False)

    def begin(self, new_password: str) -> None:
        """Sign in for the first time: change the one-time password, set up an authenticator app, keep the codes."""
        page = self.page
        page.goto("/")
        page.fill("#id_login", self.name)
        page.fill("#id_password", self.password)
        page.click("button:has-text('Sign in') >> nth=0")
        page.wait_for_url("**/account/password/**")
        page.fill("[name=oldpassword]", self.password)
        page.fill("[name=password1]", new_password)
        page.fill("[name=password2]", new_password)
        self.password = new_password
        page.click("main button[type=submit]")
        page.wait_for_url("**/account/enrol/**")
        page.click("text=Set up an app")
        page.wait_for_url("**/account/factors/app/**")
        page.click("summary")
        self.secret = page.inner_text("details .code").strip()
        page.fill("[name=code]", one_time_code(self.secret, time.time()))
        page.click("button:has-text('Switch on')")
        page.wait_for_url("**/account/factors/codes/**")

    def open(self, path: str) -> Any:
        """Go to a page, and hold that it is there for them."""
        answer = self.page.goto(path)
        assert answer.status == 200, f"{self.name}: {path} answers {answer.status}"
        return self.page

    def refused(self, path: str) -> bool:
        """Whether a page is not for them."""
        return int(self.page.goto(path).status) in (403, 404)

    def form(self, action: str) -> Any:
        """The form of this page that sends to an address, or to itself; what it is folded into is opened."""
        where = f"form[action$='{action}']" if action else "main form[method=post]:not([action])"
        found = self.page.locator(where).first
        found.evaluate(
            "form => { for (let at = form.parentElement; at; at = at.parentElement)"
            " if (at.tagName === 'DETAILS') at.open = true }"
        )
        return found

    def send(self, action: str, fields: dict[str, Any] | None = None) -> Any:
        """Fill in a form of this page and send it; fails with what the page says where it was not taken."""
        form = self.form(action)
        fill(form, fields or {})
        with self.page.expect_navigation(timeout=PATIENCE_MS) as went:
            form.locator("button[type=submit]").first.click()
        answer = went.value
        assert answer.status < 400, f"{self.name}: {action} answers {answer.status}: {said(self.page)}"
        return self.page


def fill(form: Any, fields: dict[str, Any]) -> None:
    """Fill in fields by their names: text, a choice, a tick, or a list of ticks."""
    for name, value in fields.items():
        field_ = form.locator(f"[name='{name}']")
        kind = field_.first.evaluate("e => e.type || e.tagName")
        if kind in ("checkbox", "radio"):
            for one in value if isinstance(value, list | tuple) else [value]:
                if one is True:
                    field_.first.check()
                else:
                    form.locator(f"[name='{name}'][value='{one}']").check()
        elif kind.startswith("select"):
            field_.select_option(str(value))
        else:
            field_.fill(str(value))


def said(page: Any) -> str:
    """What a page says is wrong."""
    found = page.locator(".message, .field-errors, .errorlist, [role=alert]").all_inner_texts()
    return re.sub(r"\s+", " ", " | ".join(found)) or page.inner_text("main")[:400]

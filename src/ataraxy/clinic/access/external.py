"""What the views of other packages state: each one by the name of its address, and no others."""

from __future__ import annotations

from ataraxy.clinic.access.stated import Audience, Stated

_SIGN_IN = Stated(
    Audience.PUBLIC,
    writes=True,
    unenrolled=True,
    while_locked=True,
    reason="signing in happens before anything",
)
_OWN = Stated(Audience.OWN_ACCOUNT, writes=True)
_ENROLMENT = Stated(Audience.OWN_ACCOUNT, writes=True, unenrolled=True)

EXTERNAL: dict[str, Stated] = {
    "account_login": _SIGN_IN,
    "mfa_authenticate": _SIGN_IN,
    "mfa_login_webauthn": _SIGN_IN,
    "account_logout": Stated(
        Audience.PUBLIC, writes=True, unenrolled=True, while_locked=True, reason="leaving is always possible"
    ),
    "account_inactive": Stated(
        Audience.PUBLIC, unenrolled=True, while_locked=True, reason="says that an account is closed"
    ),
    "account_reauthenticate": _ENROLMENT,
    "account_change_password": _ENROLMENT,
    "mfa_reauthenticate": _ENROLMENT,
    "mfa_reauthenticate_webauthn": _ENROLMENT,
    "mfa_activate_totp": _ENROLMENT,
    "mfa_add_webauthn": _ENROLMENT,
    "mfa_view_recovery_codes": Stated(Audience.OWN_ACCOUNT, unenrolled=True),
    "mfa_generate_recovery_codes": _ENROLMENT,
    "mfa_deactivate_totp": _OWN,
    "mfa_index": Stated(Audience.OWN_ACCOUNT),
    "mfa_list_webauthn": Stated(Audience.OWN_ACCOUNT),
    "mfa_remove_webauthn": _OWN,
    "mfa_edit_webauthn": _OWN,
}

"""What can be wrong with an account, a credential or a code.

AppError
├── Unauthorized
│   ├── CredentialsWrong       401  e-mail or password; never which
│   └── TokenInvalid           401  forged, expired, revoked, or of a locked account
├── Forbidden
│   ├── AccountLocked          403  told only after the right password
│   ├── SignInAgain            403  this needs a fresh sign-in
│   └── PasswordWrong          403  the current password, when changing it
├── NotFound
│   └── AccountNotFound        404
├── Conflict
│   ├── BookingsLive           409  a booking is under way, or a trip still to be flown
│   ├── EmailTaken             409
│   └── OwnAccountLocked       409  an administrator's own: nobody might be left to open it
└── InvalidInput
    ├── CodeInvalid            422  wrong, used, expired, or tried too often; never which
    └── EmailNotEditable       422  through the profile; it has its own way
"""

from __future__ import annotations

from core.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthorized


class CredentialsWrong(Unauthorized):
    code = "credentials_wrong"


class TokenInvalid(Unauthorized):
    code = "token_invalid"


class AccountLocked(Forbidden):
    code = "account_locked"


class SignInAgain(Forbidden):
    code = "sign_in_again"


class PasswordWrong(Forbidden):
    code = "password_wrong"


class AccountNotFound(NotFound):
    code = "account_not_found"


class BookingsLive(Conflict):
    code = "bookings_live"


class EmailTaken(Conflict):
    code = "email_taken"


class OwnAccountLocked(Conflict):
    code = "own_account_locked"


class CodeInvalid(InvalidInput):
    code = "code_invalid"


class EmailNotEditable(InvalidInput):
    code = "email_not_editable"

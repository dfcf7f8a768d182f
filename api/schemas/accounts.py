"""What the account endpoints take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    SecretStr,
    StringConstraints,
)

from api.schemas.fields import EmailAddress, FullName, Line, Phone, Request, Update, check_line
from services.accounts.passwords import MAX_CHARACTERS, MIN_CHARACTERS


def _check_encodable(value: SecretStr) -> SecretStr:
    """A secret is hashed as UTF-8, which half a surrogate pair does not have; plain text is checked by its own type."""
    if any("\ud800" <= character <= "\udfff" for character in value.get_secret_value()):
        raise ValueError("characters that cannot be encoded")
    return value


Secret = Annotated[SecretStr, AfterValidator(_check_encodable)]
NewPassword = Annotated[Secret, Field(min_length=MIN_CHARACTERS, max_length=MAX_CHARACTERS)]
Password = Annotated[Secret, Field(min_length=1, max_length=MAX_CHARACTERS)]


def _close_up(value: Any) -> Any:
    """Without the blanks people read a code in."""
    return "".join(value.split()) if isinstance(value, str) else value


Code = Annotated[str, BeforeValidator(_close_up), StringConstraints(pattern=r"^[0-9]{6}$")]
OpaqueToken = Annotated[Secret, Field(min_length=16, max_length=200)]


def _check_picture(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise ValueError("no https address")
    return value


PictureUrl = Annotated[str, Field(max_length=500), AfterValidator(check_line), AfterValidator(_check_picture)]


class UserRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    email_verified_at: datetime | None
    full_name: str | None
    phone: str | None
    avatar_url: str | None
    is_active: bool
    is_superuser: bool
    created_at: datetime
    updated_at: datetime


class UserList(BaseModel):
    items: list[UserRead]
    total: int


class SignInRequest(Request):
    refresh_in: Literal["body", "cookie"] = "body"
    """Where the refresh token goes: into the body for programs, into a cookie no script reads for our own pages."""


class UserCreate(SignInRequest):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"email": "lan@example.com", "password": "mưa rào cuối hạ", "full_name": "Nguyễn Thị Lan"},
                {"email": "sam@example.com", "password": "a rainy day in May", "phone": "+84 912 345 678"},
            ]
        }
    )

    email: EmailAddress
    password: NewPassword
    full_name: FullName | None = None
    phone: Phone | None = None


class LoginRequest(SignInRequest):
    email: EmailAddress
    password: Password


class RefreshRequest(Request):
    """Without a token the cookie of our own pages is used."""

    refresh_token: OpaqueToken | None = None


class TokensRead(BaseModel):
    access_token: str
    refresh_token: str | None
    """Null when it went into the cookie."""
    token_type: Literal["bearer"]
    expires_in: int
    """Seconds."""


class SignInRead(TokensRead):
    user: UserRead


class PasswordChange(Request):
    current_password: Password | None = None
    """May be absent where the account has none."""
    new_password: NewPassword


class PasswordForgotten(Request):
    email: EmailAddress


class PasswordReset(Request):
    email: EmailAddress
    code: Code
    new_password: NewPassword


class EmailChange(Request):
    email: EmailAddress


class EmailConfirmation(Request):
    code: Code


class ExchangeCodeCreate(Request):
    conversation_id: UUID
    origin: Annotated[Line, Field(max_length=300)]
    """Of the page the widget stands on, such as https://shop.example."""
    site_key: Annotated[str, Field(max_length=200)] | None = None
    """Absent on our own page."""


class ExchangeCodeRead(BaseModel):
    code: str
    expires_in: int
    """Seconds."""


class ExchangeRequest(Request):
    code: OpaqueToken
    conversation_id: UUID


class ExchangeRead(BaseModel):
    access_token: str
    token_type: Literal["bearer"]
    expires_in: int
    """Seconds."""
    full_name: str | None


class UserUpdate(Update):
    """`email` is named only to be refused with a reason: it has its own way, POST /auth/email."""

    full_name: FullName | None = None
    phone: Phone | None = None
    avatar_url: PictureUrl | None = None
    is_active: bool | None = None
    """Administrators only."""
    email: EmailAddress | None = None

    @property
    def changes(self) -> dict[str, Any]:
        """What was sent: null clears a field, an absent one stays. `is_active` cannot be cleared."""
        return {name: value for name, value in super().changes.items() if (name, value) != ("is_active", None)}


class KeptData(BaseModel):
    """What outlives an account, and why."""

    what: str
    why: str


class AccountDeleted(BaseModel):
    deleted: Literal[True]
    kept: list[KeptData]


AccountExport = RootModel[dict[str, list[dict[str, Any]]]]
"""The rows held about a user, by table."""

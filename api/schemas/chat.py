"""What the chat endpoints take and give."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from api.schemas.fields import Request
from core.messages import Language
from services.conversations.turns import Resume

MAX_CONTEXT_CHARACTERS = 4_000


def _check_context(value: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if len(text) > MAX_CONTEXT_CHARACTERS or "\\u0000" in text:
        raise ValueError("too large, or not storable text")
    return value


Channel = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,19}$")]
TimeZoneName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+/-]{1,64}$")]
PageContext = Annotated[dict[str, Any], AfterValidator(_check_context)]
Mark = Annotated[str, StringConstraints(pattern=r"^[^\x00]{0,64}$")]
"""An id or a hash that is given back: what can be stored, and whatever looks it up says whether it is one of ours."""
LocaleTag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}$")]


class ConversationCreate(Request):
    channel: Channel = "web"
    time_zone: TimeZoneName | None = None
    context: PageContext | None = None


class ResumePayload(Request):
    """Of a card that asks for a yes: the answer, and the hash of what was seen."""

    approved: bool
    quote_hash: Mark


class ResumeItem(Request):
    """A click on a card that waits. `payload` is what a card that asks for a yes is answered with."""

    interrupt_id: Mark
    status: Literal["resolved", "cancelled"]
    payload: ResumePayload | None = None

    def as_resume(self) -> Resume:
        return Resume(
            interrupt_id=self.interrupt_id,
            is_resolved=self.status == "resolved",
            is_approved=self.payload.approved if self.payload else None,
            quote_hash=self.payload.quote_hash if self.payload else "",
        )


class ChatRequest(Request):
    """A message. `user_id` is accepted and ignored: who asks is what the credential says."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"message": "Tìm vé Hà Nội đi Đà Nẵng thứ sáu tuần sau cho 2 người lớn"},
                {"message": "cheapest nonstop from Saigon to Bangkok on 20 December, one way"},
                {
                    "resume": [
                        {
                            "interrupt_id": "0199aa00-0000-7000-8000-000000000000",
                            "status": "resolved",
                            "payload": {"approved": True, "quote_hash": "0" * 64},
                        }
                    ]
                },
            ]
        },
    )

    message: str | None = Field(default=None, max_length=50_000)
    conversation_id: UUID | None = None
    client_message_id: UUID | None = None
    channel: Channel = "web"
    locale: LocaleTag | None = None
    time_zone: TimeZoneName | None = None
    context: PageContext | None = None
    user_id: str | None = Field(default=None, max_length=64)
    resume: list[ResumeItem] | None = Field(default=None, max_length=1)
    """One at a time: no two cards wait for a yes at once. Comes without a message."""

    @field_validator("resume")
    @classmethod
    def check_resume(cls, value: list[ResumeItem] | None, info: ValidationInfo) -> list[ResumeItem] | None:
        if value and info.data.get("message"):
            raise ValueError("a click and words at once")
        return value

    @property
    def language(self) -> Language | None:
        """The locale's language where it is one of ours."""
        tag = (self.locale or "").lower()[:2]
        return "vi" if tag == "vi" else "en" if tag == "en" else None


class SuggestedAction(BaseModel):
    id: str
    text: str


class RunFault(BaseModel):
    """Why a run failed, for programs and for people."""

    code: str
    message: str


class MessageRead(BaseModel):
    id: UUID
    role: Literal["user", "assistant", "system"]
    content: str
    blocks: list[dict[str, Any]]
    language: str | None
    intent: str | None
    agent_name: str | None
    run_id: UUID | None
    run: Literal["success", "interrupt", "cancelled", "error"] | None
    """How the run that wrote this reply ended; None for what the traveller wrote."""
    error: RunFault | None
    attachments: list[dict[str, Any]]
    suggested_actions: list[SuggestedAction]
    created_at: datetime


class ConversationRead(BaseModel):
    id: UUID
    user_id: UUID | None
    channel: str
    state: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    message_count: int


class ConversationCreated(ConversationRead):
    """`conversation_token` is told once: it is what an anonymous visitor sends back as X-Conversation-Token."""

    conversation_token: str | None


class ActiveRun(BaseModel):
    id: UUID
    last_seq: int


class ConversationDetailRead(ConversationRead):
    messages: list[MessageRead]
    pending_interrupts: list[dict[str, Any]]
    active_run: ActiveRun | None


class Usage(BaseModel):
    llm_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: str | None
    """A decimal; null when a model's price is not known."""
    replaced_sentences: int
    """Of a model's words: how many were not shown, because they named what nobody had looked up."""


class TurnState(BaseModel):
    """How the run ended, and the trip as understood so far."""

    run: Literal["success", "interrupt", "cancelled", "error"]
    frame: dict[str, Any]
    missing: list[str]
    asked: str | None


class ChatResponse(BaseModel):
    conversation_id: UUID
    run_id: UUID
    message_id: UUID
    content: str
    html: str
    language: str
    intent: str | None
    agent_name: str | None
    state: TurnState
    error: RunFault | None
    suggested_actions: list[SuggestedAction]
    attachments: list[dict[str, Any]]
    interrupts: list[dict[str, Any]]
    usage: Usage | None
    created_at: datetime
    conversation_token: str | None

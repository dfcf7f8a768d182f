"""What can go wrong when talking."""

from __future__ import annotations

from uuid import UUID

from core.errors import AppError, Conflict, InvalidInput, NotFound


class ConversationNotFound(NotFound):
    code = "conversation_not_found"


class RunNotFound(NotFound):
    code = "run_not_found"


class RunLogExpired(AppError):
    code = "run_log_expired"
    status = 410


class MessageNotFound(NotFound):
    code = "message_not_found"


class MessageEmpty(InvalidInput):
    code = "message_empty"


class MessageTooLong(InvalidInput):
    code = "message_too_long"


class ResumeInvalid(InvalidInput):
    code = "resume_invalid"


class ThreadIdTaken(Conflict):
    code = "thread_id_taken"


class MessageIdReused(InvalidInput):
    code = "message_id_reused"


class PlaceholderUnknown(InvalidInput):
    """Nothing is kept under it in this conversation, or not any more."""

    code = "placeholder_unknown"


class RunActive(Conflict):
    code = "run_active"

    def __init__(self, run_id: UUID) -> None:
        super().__init__(extra={"run_id": str(run_id)})

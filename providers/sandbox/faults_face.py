"""Telling the simulated world to fail, from outside: for whoever tries what a vendor's bad day does."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from providers.sandbox.faults import FaultKind, Faults, FaultyOperation

router = APIRouter(prefix="/sandbox/faults", include_in_schema=False)


async def get_faults(request: Request) -> Faults:
    faults: Faults = request.app.state.sandbox_faults
    return faults


FaultsDep = Annotated[Faults, Depends(get_faults)]


class FaultCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    operation: FaultyOperation
    kind: FaultKind
    times: int = Field(default=1, ge=1, le=1000)
    seconds: float = Field(default=1, ge=0, le=60)


class FaultRead(FaultCreate):
    model_config = ConfigDict(from_attributes=True)

    met: int
    """How many calls have met it."""


@router.get("")
async def list_faults(faults: FaultsDep) -> list[FaultRead]:
    """What was met last and what is still to be met, in this process; each oldest first."""
    return [FaultRead.model_validate(fault) for fault in (*faults.spent, *faults.armed)]


@router.post("", status_code=201)
async def arm_fault(body: FaultCreate, faults: FaultsDep) -> FaultRead:
    """Have the next calls of an operation fail."""
    fault = faults.arm(body.operation, body.kind, times=body.times, seconds=body.seconds)
    return FaultRead.model_validate(fault)


@router.delete("", status_code=204)
async def clear_faults(faults: FaultsDep) -> None:
    faults.clear()

"""The process all others of a run are forked from, so that a killed one is back in a fraction of a second.

It reads questions and answers them, a line of JSON each: start this, send that signal, who is dead? When its input ends
it kills whatever it started that still runs. A child is `travel-assistant serve` or `worker` in every respect but
three: leases, links and pauses are minutes shorter; now and then it dies by itself, right before or after a call that
has an effect; and to a worker, which nobody can tell to meet faults, they come by chance.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, NoReturn

from evals.chaos.pace import LEASE_SECONDS
from providers.flights import assemble
from providers.payments.momo import Momo
from providers.payments.vnpay import Vnpay
from providers.sandbox.faults import Fault, FaultKind, Faults, FaultyOperation
from providers.sandbox.faulty import FaultyFlights
from providers.sandbox.flights import SandboxFlights
from providers.sandbox.gateway import SandboxGateway
from providers.sandbox.outbox import SandboxOutbox

PACES: dict[str, dict[str, Any]] = {
    "services.bookings.advance": {"LEASE_SECONDS": LEASE_SECONDS},
    "services.bookings.work": {"FIRST_DELAY": timedelta(seconds=1), "LONGEST_DELAY": timedelta(seconds=5)},
    "services.bookings.holding": {"PATIENCE": timedelta(seconds=12)},
    "services.bookings.buying": {"PATIENCE": timedelta(seconds=30)},
    "services.bookings.changing": {"PATIENCE": timedelta(seconds=30)},
    "services.bookings.desk": {"PATIENCE_SECONDS": 3},
    "services.bookings.writing": {"INSTANT_LIFE": timedelta(seconds=60)},
    "services.payments.links": {
        "LINK_LIFE": timedelta(seconds=30),
        "BEFORE_THE_END": timedelta(seconds=5),
        "SHORTEST": timedelta(seconds=5),
    },
    "services.payments.reconcile": {
        "LEASE_SECONDS": LEASE_SECONDS,
        "FIRST_LOOK": timedelta(seconds=8),
        "AFTER_EXPIRY": timedelta(seconds=3),
        # MoMo's shortest link is good for a minute, whatever it was asked for
        "GIVEN_UP_AFTER": timedelta(seconds=60),
        "FIRST_DELAY": timedelta(seconds=2),
        "LONGEST_DELAY": timedelta(seconds=10),
    },
    "services.payments.refunds": {
        "LEASE_SECONDS": LEASE_SECONDS,
        "FIRST_DELAY": timedelta(seconds=1),
        "LONGEST_DELAY": timedelta(seconds=3),
    },
    "services.notifications.outbox": {"LEASE_SECONDS": LEASE_SECONDS, "FIRST_DELAY_SECONDS": 1},
    "jobs.sweep": {
        "SWEEP_SECONDS": 1,
        "BOOKING_SECONDS": 1,
        "PAYMENT_SECONDS": 1,
        "CALENDAR_SECONDS": 5,
        "TIDY_SECONDS": 20,
    },
    "api.idempotency": {"LEASE_SECONDS": LEASE_SECONDS},
    "providers.sandbox.rules": {"HOLD_LIFE": timedelta(seconds=60)},
    "providers.sandbox.gateway_notices": {"LATE_SECONDS": 4.0},
    # every mail of a run is counted at its end
    "providers.sandbox.outbox": {"KEPT": 1_000_000},
}
"""What is minutes or hours in the product, in seconds; the longest call is far shorter than the shortest lease."""

LOADED = ("cli", "api.app", "jobs.worker", "db.embedded", "db.migrate")
"""Everything a child imports, once for all of them."""

DEADLY: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (SandboxFlights, ("book", "pay", "cancel", "change")),
    (SandboxGateway, ("pay", "refund")),
    (Vnpay, ("refund",)),
    (Momo, ("create_link", "refund")),
    (SandboxOutbox, ("send",)),
)
"""Calls with an effect, which a process may not live to see the end of."""

WORKER_FAULTS: tuple[FaultKind, ...] = ("timeout_before", "timeout_after", "server_error_after", "rate_limited", "slow")
WORKER_FAULT_CHANCE = 0.1
FAULT_SECONDS = 0.5

Call = Callable[..., Awaitable[Any]]


class Order(NamedTuple):
    """A process to be."""

    command: str
    env: dict[str, str]
    log: str
    seed: str
    deadliness: float
    """The chance to die at a call with an effect."""


def shorten_everything() -> None:
    for name, constants in PACES.items():
        module = importlib.import_module(name)
        for constant, value in constants.items():
            if not hasattr(module, constant):
                raise AttributeError(f"{name} has no {constant} any more")
            setattr(module, constant, value)


def run_child(order: Order) -> NoReturn:
    """Become the product; never returns."""
    log = os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, source in ((0, nothing), (1, log), (2, log)):
        os.dup2(source, descriptor)
    os.closerange(3, 1024)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(order.env)
    # where no .env of a developer's is read
    os.chdir(Path(order.log).parent)
    make_mortal(order)
    sys.argv = ["travel-assistant", order.command]
    code = 1
    try:
        importlib.import_module("cli").main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def make_mortal(order: Order) -> None:
    if not order.deadliness:
        return
    dice = Random(order.seed)  # noqa: S311 - luck, not a secret
    if order.command == "worker":
        _open_flights_with(Moods(dice))
    for owner, names in DEADLY:
        for name in names:
            setattr(owner, name, _deadly(getattr(owner, name), dice, order.deadliness))


class Moods(Faults):
    """Faults that nobody armed."""

    def __init__(self, dice: Random) -> None:
        super().__init__()
        self._dice = dice

    def take(self, operation: FaultyOperation, kinds: Collection[FaultKind]) -> Fault | None:
        kind = self._dice.choice(WORKER_FAULTS)
        if self._dice.random() >= WORKER_FAULT_CHANCE or kind not in kinds:
            return None
        return Fault(operation, kind, seconds=FAULT_SECONDS)


def _open_flights_with(faults: Faults) -> None:
    opened = assemble.open_flight_providers
    assemble.open_flight_providers = lambda settings, http, sandbox: opened(
        settings, http, FaultyFlights(sandbox, faults)
    )


def _deadly(call: Call, dice: Random, chance: float) -> Call:
    async def meet(*args: Any, **options: Any) -> Any:
        fate = dice.random()
        if fate < chance / 2:
            os.kill(os.getpid(), signal.SIGKILL)
        answer = await call(*args, **options)
        if fate > 1 - chance / 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return meet


class Nursery:
    """The children that were started and not found dead; only their parent may name them without meeting a stranger."""

    def __init__(self) -> None:
        self.living: set[int] = set()
        self.dead: dict[int, int] = {}
        """Their exit codes, negative for a signal."""

    def answer(self, asked: dict[str, Any]) -> Any:
        self._bury()
        match asked:
            case {"start": fields}:
                return self._start(Order(**fields))
            case {"signal": number, "pid": pid}:
                if pid in self.living:
                    os.kill(pid, number)
                return pid in self.living
        return self.dead

    def close(self) -> None:
        self._bury()
        for pid in self.living:
            os.kill(pid, signal.SIGKILL)

    def _start(self, order: Order) -> int:
        pid = os.fork()
        if pid == 0:
            run_child(order)
        self.living.add(pid)
        self.dead.pop(pid, None)
        return pid

    def _bury(self) -> None:
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = ended
                self.living.discard(pid)
                self.dead[pid] = os.waitstatus_to_exitcode(status)


def main() -> None:
    for name in LOADED:
        importlib.import_module(name)
    shorten_everything()
    nursery = Nursery()
    try:
        for line in sys.stdin:
            sys.stdout.write(json.dumps(nursery.answer(json.loads(line))) + "\n")
            sys.stdout.flush()
    finally:
        nursery.close()


if __name__ == "__main__":
    main()

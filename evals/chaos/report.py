"""What a run has to say."""

from __future__ import annotations

from collections import Counter

from evals.chaos.run import Outcome

COMPLAINTS_SHOWN = 10


def describe(outcome: Outcome) -> str:
    """A line for each figure, the violations last."""
    findings, done = outcome.findings, outcome.done
    ledger = sum(violation.rule == "the_ledger_adds_up" for violation in findings.violations)
    figures = {
        "seed": str(outcome.wanted.seed),
        "unrest, then calm": f"{outcome.unrest_seconds:.0f} s, {outcome.calm_seconds:.0f} s",
        "kills": f"{outcome.kills} ({done['serve killed']} servers and {done['worker killed']} workers by the plan, "
        f"{done['died at a call']} at a call with an effect)",
        "stalls": str(done["stalls"]),
        "database restarts": str(done["database restarts"]),
        "starts without a database": str(done["ended without a database"]),
        "faults armed": f"{done['faults armed']} of {sum(name.startswith('fault ') for name in done)} kinds",
        "bookings": f"{sum(findings.phases.values())}: {_list(findings.phases)}",
        "payments": _list(findings.payments),
        "refunds": _list(findings.refunds) or "none",
        "tickets and confirmed bookings": f"{findings.tickets}, {findings.confirmed}",
        "letters": str(findings.letters),
        "longest wait for a move of ours": f"{findings.longest_wait_seconds:.1f} s",
        "the crowd met": _list(outcome.diary.met),
        "ledgers that do not add up": str(ledger),
        "tracebacks logged": str(len(outcome.complaints)),
        "violations": str(len(outcome.violations)),
    }
    lines = [f"{name:34} {value}" for name, value in figures.items()]
    lines += [f"  {each.rule}: {each.subject} {each.detail}" for each in outcome.violations]
    if outcome.violations:
        lines += outcome.complaints[:COMPLAINTS_SHOWN]
    return "\n".join(lines)


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())

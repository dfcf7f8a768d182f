"""Prints how well travellers are understood, and writes the page with every miss: `make understanding-report`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import get_args

from evals.understanding.cases import Part, load_cases
from evals.understanding.score import BINS, SLOTS, Score, score_cases

BAR_WIDTH = 240


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=get_args(Part), help="both, if none is named")
    parser.add_argument("--page", type=Path, default=Path(".data/understanding.html"))
    parser.add_argument("--misses", action="store_true", help="print each miss")
    wanted = parser.parse_args()
    sections: list[str] = []
    for part in (wanted.part,) if wanted.part else get_args(Part):
        began = time.perf_counter()
        scores = score_cases(load_cases(part))
        seconds = time.perf_counter() - began
        turns = sum(score.turns for score in scores.values())
        print(f"\n{part}: {turns} messages in {seconds:.1f} s")
        for line in _lines(scores):
            print(line)
        if wanted.misses:
            for score in scores.values():
                for miss in score.misses:
                    mark = "!!" if miss.is_silent else miss.verdict
                    print(f"{miss.case} {mark} {miss.slot}: {miss.meant!r} not {miss.understood!r} | {miss.said}")
        sections.append(_section(part, scores))
    wanted.page.parent.mkdir(parents=True, exist_ok=True)
    wanted.page.write_text(_page("\n".join(sections)), encoding="utf-8")
    print(f"\n{wanted.page}")


def _lines(scores: Mapping[str, Score]) -> Iterator[str]:
    for language, score in scores.items():
        yield (
            f"{language}: exact frame {score.exact / score.turns:.1%} of {score.turns}, "
            f"intent {score.intents_right / score.turns:.1%}, silently wrong dates or places {score.silent}"
        )
        for slot in SLOTS:
            precision, recall = score.precision(slot), score.recall(slot)
            if precision is not None or recall is not None:
                verdicts = ", ".join(
                    f"{count} {verdict}" for (name, verdict), count in sorted(score.verdicts.items()) if name == slot
                )
                yield f"  {slot:14} precision {_percent(precision)} recall {_percent(recall)}  {verdicts}"
        for low, right, count in _bins(score):
            yield f"  intents stated at {low:.2f} or more: {count}, {right:.1%} right"


def _bins(score: Score) -> Iterator[tuple[float, float, int]]:
    for low in BINS:
        right, wrong = score.confidence[low, True], score.confidence[low, False]
        if right + wrong:
            yield low, right / (right + wrong), right + wrong


def _percent(share: float | None) -> str:
    return "   –  " if share is None else f"{share:6.1%}"


def _section(part: str, scores: Mapping[str, Score]) -> str:
    return f"<h2>{part}</h2>" + "".join(_language(language, score) for language, score in scores.items())


def _language(language: str, score: Score) -> str:
    rows = "".join(_row(score, slot) for slot in SLOTS if score.recall(slot) is not None)
    bins = "".join(
        f"<tr><td>{low:.2f}</td><td>{count}</td><td>{_bar(right)}</td></tr>" for low, right, count in _bins(score)
    )
    misses = "".join(
        f"<tr class={'silent' if miss.is_silent else miss.verdict}><td>{escape(miss.case)}</td>"
        f"<td>{escape(miss.said)}</td><td>{miss.slot}</td><td>{escape(miss.meant) or '–'}</td>"
        f"<td>{escape(miss.understood) or '–'}</td><td>{'silently wrong' if miss.is_silent else miss.verdict}</td></tr>"
        for miss in score.misses
    )
    return (
        f"<h3>{language}: {score.turns} messages, exact frame {score.exact / score.turns:.1%}, "
        f"intent {score.intents_right / score.turns:.1%}, silently wrong dates or places {score.silent}</h3>"
        f"<table><tr><th>slot<th>precision<th>recall<th>right<th>missed<th>invented<th>wrong<th>asked</tr>{rows}</table>"
        f"<table><tr><th>intent stated at<th>messages<th>right</tr>{bins}</table>"
        f"<table><tr><th>case<th>said<th>slot<th>meant<th>understood<th></tr>{misses}</table>"
    )


def _row(score: Score, slot: str) -> str:
    counts = "".join(
        f"<td>{score.verdicts[slot, verdict]}</td>" for verdict in ("right", "missed", "invented", "wrong", "asked")
    )
    return f"<tr><td>{slot}</td><td>{_bar(score.precision(slot))}</td><td>{_bar(score.recall(slot))}</td>{counts}</tr>"


def _bar(share: float | None) -> str:
    if share is None:
        return "–"
    return (
        f'<svg width="{BAR_WIDTH}" height="14" role="img" aria-label="{share:.1%}">'
        f'<rect width="{BAR_WIDTH}" height="14" class="all"/><rect width="{BAR_WIDTH * share:.0f}" height="14"/>'
        f"</svg> {share:.1%}"
    )


def _page(body: str) -> str:
    style = """
    body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem; color: #1d2733; }
    table { border-collapse: collapse; margin: 1rem 0 2rem; } td, th { padding: .2rem .7rem; text-align: left; }
    tr + tr { border-top: 1px solid #dfe4ea; } svg rect { fill: #1769aa; } svg rect.all { fill: #e7ecf1; }
    tr.silent { background: #fde3e3; } tr.asked { color: #5d6b78; }
    """
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Understanding</title><style>{style}</style>"
        f"<h1>How well travellers are understood</h1>{body}</html>"
    )


if __name__ == "__main__":
    main()

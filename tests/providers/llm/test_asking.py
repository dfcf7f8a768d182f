"""What becomes of a question when Groq has a bad day, over real HTTP and through the real client."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, get_args

import httpx
import pytest
from structlog.testing import capture_logs

from core.clock import clock
from core.settings import Settings
from providers.llm import asking as policy
from providers.llm.asking import MAX_ARGUMENT_CHARACTERS, MAX_CALLS_AT_ONCE, ModelFailed
from providers.llm.assemble import create_models
from providers.llm.base import Budget
from providers.llm.failures import DAILY_REST_SECONDS, LONG_REST_SECONDS, UNTOLD_REST_SECONDS
from providers.sandbox.groq_wire import Refusal, Step, WrittenCall
from tests.providers.llm.conftest import OFFLINE_WORDS, PROMPT, Asking

BIG, SMALL = "gpt-oss-120b", "gpt-oss-20b"
ODD_TEXT = 'Bay từ "Đà Nẵng"\n\\ 😀 nhé: 1.800.000 ₫'
ODD_PLACE = WrittenCall(name="find_place", arguments=json.dumps({"name": ODD_TEXT}))
PLACE = WrittenCall(name="find_place", arguments='{"name": "Huế"}')
FAILED = Step(refusal="tool_use_failed", failed_generation='{"name": "find_plaice"}')
GOOD = Step(text="Có ba chuyến.")

AT_ONCE_TO_THE_NEXT: dict[Refusal, tuple[str, float]] = {
    "invalid_key": ("refused", LONG_REST_SECONDS),
    "forbidden": ("refused", LONG_REST_SECONDS),
    "unknown_model": ("unknown_model", LONG_REST_SECONDS),
    "rate_limited": ("rate_limited", UNTOLD_REST_SECONDS),
    "day_spent": ("rate_limited", DAILY_REST_SECONDS),
    "capacity": ("unavailable", 0),
    "internal": ("unavailable", 0),
    "bad_gateway": ("unavailable", 0),
    "unavailable": ("unavailable", 0),
}
MENDED: tuple[Refusal, ...] = ("tool_use_failed", "too_large", "too_many_tokens")


def in_phase(refusal: Refusal, phase: str, **more: Any) -> Step:
    """A refusal as an HTTP status, or as an event of a stream that had begun."""
    return Step(refusal=refusal, ends="with_error" if phase == "stream" else "well", **more)


def test_every_refusal_is_looked_at() -> None:
    assert {*AT_ONCE_TO_THE_NEXT, *MENDED} == set(get_args(Refusal))


async def test_an_answer_is_heard_as_it_comes(asking: Asking) -> None:
    answered = await asking.ask(Step(text="Có ba chuyến.", reasoning="They want flights."))
    assert asking.heard == ["Có ", "ba ", "chuyến."]
    assert (answered.message.text, answered.reason, answered.notice) == ("Có ba chuyến.", None, None)
    assert asking.asked == [BIG]


@pytest.mark.parametrize("phase", ["http", "stream"])
@pytest.mark.parametrize("refusal", AT_ONCE_TO_THE_NEXT)
async def test_a_model_that_cannot_answer_is_followed_by_the_next(asking: Asking, refusal: Refusal, phase: str) -> None:
    kind, rest = AT_ONCE_TO_THE_NEXT[refusal]
    with capture_logs() as logged:
        answered = await asking.ask(in_phase(refusal, phase), GOOD)
    assert asking.asked == [BIG, SMALL]
    assert answered.message.text == "Có ba chuyến."
    assert answered.reason is None, "a model answered"
    assert [each["reason"] for each in logged if each["event"] == "model.failed"] == [kind]
    assert len(asking.counted) == 2
    assert asking.resting == ([BIG] if rest else [])
    if rest:
        with clock.frozen(clock.now() + timedelta(seconds=rest - 1)):
            assert asking.resting == [BIG]
        with clock.frozen(clock.now() + timedelta(seconds=rest + 1)):
            assert asking.resting == []


@pytest.mark.parametrize("phase", ["http", "stream"])
@pytest.mark.parametrize("refusal", AT_ONCE_TO_THE_NEXT)
async def test_no_model_left_is_told(asking: Asking, refusal: Refusal, phase: str) -> None:
    answered = await asking.ask(in_phase(refusal, phase), in_phase(refusal, phase))
    assert "".join(asking.heard) == OFFLINE_WORDS
    assert (answered.reason, answered.notice) == (AT_ONCE_TO_THE_NEXT[refusal][0], "models.fell_back")


def breaks_after_words() -> list[Step]:
    breaks = [Step(text="Có ba", ends="cut"), Step(text="Có ba", ends="without_reason")]
    breaks += [Step(text="Có ba", finish_reason="length")]
    breaks += [Step(text="Có ba", calls=[WrittenCall(name="find_place", arguments="{")])]
    return breaks + [in_phase(refusal, "stream", text="Có ba", retry_after=0) for refusal in get_args(Refusal)]


async def stop_after_words(asking: Asking, step: Step) -> None:
    """The guarantee: what was heard stays, and nobody goes on."""
    with pytest.raises(ModelFailed):
        await asking.ask(step, GOOD)
    assert "".join(asking.heard) == "Có ba"
    assert asking.asked == [BIG]


@pytest.mark.parametrize("step", breaks_after_words(), ids=lambda step: f"{step.ends}-{step.refusal}")
async def test_nobody_goes_on_where_words_were_heard(asking: Asking, step: Step) -> None:
    await stop_after_words(asking, step)


async def test_a_policy_that_forgets_what_was_heard_is_caught(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    real = policy._call

    async def forgetful(named: Any, prompt: Any, tools: Any, budget: Any, heard: Any, count: Any) -> Any:
        return await real(named, prompt, tools, budget, policy._Heard(asking), count)

    monkeypatch.setattr(policy, "_call", forgetful)
    with pytest.raises(pytest.fail.Exception):
        await stop_after_words(asking, Step(text="Có ba", ends="cut"))
    assert asking.asked == [BIG, SMALL]


@pytest.mark.parametrize("step", [Step(ends="cut"), Step(ends="without_reason"), Step(finish_reason="length"), Step()])
async def test_an_answer_without_end_or_words_is_the_next_models_turn(asking: Asking, step: Step) -> None:
    await asking.ask(step, GOOD)
    assert asking.asked == [BIG, SMALL]
    assert "".join(asking.heard) == "Có ba chuyến."


@pytest.mark.parametrize("phase", ["http", "stream"])
async def test_a_short_limit_is_waited_for_once(asking: Asking, phase: str) -> None:
    # over HTTP the header says how long, in a stream only the sentence does
    limit = in_phase("rate_limited", phase, retry_after=0.01)
    await asking.ask(limit, GOOD)
    assert asking.asked == [BIG, BIG]
    assert asking.resting == []
    asking.groq.requests.clear()
    await asking.ask(limit, limit, GOOD)
    assert asking.asked == [BIG, BIG, SMALL]


async def leave_a_long_limit_alone(asking: Asking, phase: str) -> None:
    """The guarantee: who is told to wait longer than anybody would is not asked, in this turn nor in the next."""
    await asking.ask(in_phase("rate_limited", phase, retry_after=120), GOOD)
    assert asking.asked == [BIG, SMALL]
    await asking.ask(GOOD)
    assert asking.asked == [BIG, SMALL, SMALL]


@pytest.mark.parametrize("phase", ["http", "stream"])
async def test_a_long_limit_is_left_alone_until_it_passes(asking: Asking, phase: str) -> None:
    await leave_a_long_limit_alone(asking, phase)
    with clock.frozen(clock.now() + timedelta(seconds=121)):
        await asking.ask(GOOD)
    assert asking.asked[3:] == [BIG]


async def test_a_wait_that_the_turn_has_no_time_for_is_not_waited(asking: Asking) -> None:
    await asking.ask(Step(refusal="rate_limited", retry_after=2), GOOD, budget=Budget(seconds=1))
    assert asking.asked == [BIG, SMALL]


async def repair_once(asking: Asking) -> None:
    """The guarantee: a model that cannot write a call is shown why, once."""
    answered = await asking.ask(FAILED, FAILED, FAILED)
    assert asking.asked == [BIG, BIG, SMALL]
    assert answered.reason == "bad_call"
    first, repaired, other = asking.groq.requests
    assert repaired["messages"][:-1] == first["messages"] == other["messages"]
    assert repaired["messages"][-1]["role"] == "system"
    assert "find_plaice" in repaired["messages"][-1]["content"]
    assert "Failed to call" in repaired["messages"][-1]["content"]


async def test_a_call_that_cannot_be_written_is_repaired_once(asking: Asking) -> None:
    await repair_once(asking)


Guarantee = Callable[[Asking], Awaitable[None]]


@pytest.mark.parametrize(
    "guarantee", [repair_once, lambda asking: leave_a_long_limit_alone(asking, "http")], ids=["repairs", "limits"]
)
async def test_a_policy_that_tries_again_and_again_is_caught(
    asking: Asking, guarantee: Guarantee, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def try_again(failure: Any, *_: object) -> bool:
        return failure.kind in ("bad_call", "rate_limited")

    monkeypatch.setattr(policy, "_can_go_on", try_again)
    with pytest.raises(AssertionError):
        await guarantee(asking)
    assert asking.asked[:3] in ([BIG, BIG, BIG], [BIG, BIG])


@pytest.mark.parametrize("phase", ["http", "stream"])
async def test_a_repaired_call_is_the_answer(asking: Asking, phase: str) -> None:
    answered = await asking.ask(in_phase("tool_use_failed", phase, failed_generation="x"), Step(calls=[PLACE]))
    assert [call["args"] for call in answered.message.tool_calls] == [{"name": "Huế"}]
    assert asking.asked == [BIG, BIG]


@pytest.mark.parametrize(
    "arguments", ["nonsense", "[1]", '{"name": "Hu', '{"name": NaN}', "[" * 3_000, '"x"', '{"name": "Huế"} and more']
)
async def test_arguments_that_are_no_object_are_repaired(asking: Asking, arguments: str) -> None:
    wrong = Step(calls=[WrittenCall(name="find_place", arguments=arguments)])
    answered = await asking.ask(wrong, Step(calls=[PLACE]))
    assert [call["args"] for call in answered.message.tool_calls] == [{"name": "Huế"}]
    (_, repaired) = asking.groq.requests
    assert arguments[:100] in repaired["messages"][-1]["content"]
    assert len(repaired["messages"][-1]["content"]) < 1_200


@pytest.mark.parametrize("arguments", ["null", "{}", "", " "])
async def test_no_arguments_are_an_empty_object(asking: Asking, arguments: str) -> None:
    answered = await asking.ask(Step(calls=[WrittenCall(name="find_place", arguments=arguments)]))
    assert [call["args"] for call in answered.message.tool_calls] == [{}]
    assert answered.message.text == ""
    assert asking.heard == []


@pytest.mark.parametrize("phase", ["http", "stream"])
@pytest.mark.parametrize("refusal", ["too_large", "too_many_tokens"])
async def test_a_prompt_that_is_too_large_is_asked_once_without_its_history(
    asking: Asking, refusal: Refusal, phase: str
) -> None:
    await asking.ask(in_phase(refusal, phase), GOOD)
    assert asking.asked == [BIG, BIG]
    whole, shrunk = ([each["content"] for each in request["messages"]] for request in asking.groq.requests)
    assert whole == [each.content for each in PROMPT]
    assert shrunk == [*whole[:2], whole[-1]]
    asking.groq.requests.clear()
    await asking.ask(in_phase(refusal, phase), in_phase(refusal, phase), GOOD)
    assert asking.asked == [BIG, BIG, SMALL]
    assert len(asking.groq.requests[-1]["messages"]) == len(shrunk), "what was too large once is not sent again"


async def test_silence_is_ended_and_left_alone_for_a_while(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "CALL_SECONDS", 0.3)
    await asking.ask(Step(text="x", seconds=0.6), GOOD)
    assert asking.asked == [BIG, SMALL]
    assert asking.resting == [BIG]


async def test_a_vendor_nobody_reaches_is_answered_offline(asking: Asking, keyed_settings: Settings) -> None:
    nowhere = keyed_settings.model_copy(update={"groq_base_url": "http://127.0.0.1:9"})
    async with httpx.AsyncClient(trust_env=False) as http:
        asking.models[:2] = create_models(nowhere, http).capable[:2]
        answered = await asking.ask()
    assert (answered.reason, answered.notice) == ("unavailable", "models.fell_back")
    assert [name for name, _ in asking.counted] == [f"openai/{BIG}", f"openai/{SMALL}", "offline"]


async def test_calls_beyond_what_anybody_needs_are_dropped(asking: Asking) -> None:
    huge = WrittenCall(name="find_place", arguments=json.dumps({"name": "x" * MAX_ARGUMENT_CHARACTERS}))
    many = await asking.ask(Step(calls=[PLACE] * (MAX_CALLS_AT_ONCE + 3)))
    assert len(many.message.tool_calls) == MAX_CALLS_AT_ONCE
    assert len({call["id"] for call in many.message.tool_calls}) == MAX_CALLS_AT_ONCE
    mixed = await asking.ask(Step(calls=[huge, PLACE]))
    assert [call["args"] for call in mixed.message.tool_calls] == [{"name": "Huế"}]


async def test_calls_have_ids_of_ours_whatever_a_model_wrote(asking: Asking) -> None:
    first, again = [await asking.ask(Step(calls=[PLACE])) for _ in range(2)]
    written = {call["id"] for answered in (first, again) for call in answered.message.tool_calls}
    assert len(written) == 2
    assert all(re.fullmatch(r"call_[0-9a-f]{32}", each or "") for each in written)


async def test_who_was_given_no_tools_calls_none(asking: Asking) -> None:
    said = await asking.ask(Step(text="Có ba chuyến.", calls=[PLACE]), tools=())
    assert (said.message.text, said.message.tool_calls) == ("Có ba chuyến.", [])
    mute = await asking.ask(Step(calls=[PLACE]), Step(calls=[PLACE]), tools=())
    assert (mute.reason, mute.message.text) == ("empty", OFFLINE_WORDS)


@pytest.mark.parametrize("escapes", [False, True])
@pytest.mark.parametrize("piece_bytes", [1, 2, 3, 7, 64])
async def test_bytes_may_be_split_anywhere(asking: Asking, piece_bytes: int, escapes: bool) -> None:
    said = await asking.ask(Step(text=ODD_TEXT, piece_bytes=piece_bytes, escapes=escapes))
    assert said.message.text == "".join(asking.heard) == ODD_TEXT
    called = await asking.ask(Step(calls=[ODD_PLACE], piece_bytes=piece_bytes, escapes=escapes))
    assert [call["args"] for call in called.message.tool_calls] == [{"name": ODD_TEXT}]
    with pytest.raises(ModelFailed):
        await asking.ask(in_phase("internal", "stream", text=ODD_TEXT, piece_bytes=piece_bytes, escapes=escapes))


@pytest.mark.parametrize(("where", "is_known"), [("both", True), ("x_groq", True), ("empty_choices", False)])
async def test_what_a_call_used_is_counted(asking: Asking, where: Any, is_known: bool) -> None:
    budget = Budget(tokens=1_000, tokens_today=1_000)
    await asking.ask(Step(text="Có ba chuyến.", usage=where), budget=budget)
    ((_, usage),) = asking.counted
    assert (usage is not None) == is_known
    # a call that does not say takes what its words are guessed at
    assert 0 < 1_000 - budget.tokens < 500
    assert budget.tokens_today == budget.tokens
    assert budget.calls == Budget().calls - 1


@pytest.mark.parametrize(
    ("budget", "reason", "notice"),
    [
        (Budget(calls=0), "run_spent", "models.fell_back"),
        (Budget(tokens=0), "run_spent", "models.fell_back"),
        (Budget(seconds=0), "run_spent", "models.fell_back"),
        (Budget(tokens_today=0), "day_spent", "models.budget_spent"),
    ],
)
async def test_a_spent_budget_is_answered_offline(asking: Asking, budget: Budget, reason: str, notice: str) -> None:
    answered = await asking.ask(GOOD, budget=budget)
    assert asking.asked == []
    assert (answered.reason, answered.notice) == (reason, notice)
    assert "".join(asking.heard) == OFFLINE_WORDS


async def test_failures_use_up_the_calls_of_a_turn(asking: Asking) -> None:
    answered = await asking.ask(FAILED, FAILED, GOOD, budget=Budget(calls=2))
    assert asking.asked == [BIG, BIG]
    assert answered.reason == "bad_call"


async def test_a_chain_that_was_offline_from_the_start_did_not_fall_back(asking: Asking) -> None:
    asking.models[:] = asking.models[-1:]
    assert (await asking.ask()).reason is None


async def test_a_chain_without_anybody_left_fails(asking: Asking) -> None:
    asking.models.pop()
    with pytest.raises(ModelFailed):
        await asking.ask(Step(refusal="internal"), Step(refusal="internal"))

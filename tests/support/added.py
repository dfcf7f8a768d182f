"""What tests/test_adding.py asks of a copy of the project that has what docs/adding.md adds; not run by itself."""

from __future__ import annotations

import httpx

from core.settings import Settings
from providers.flights.assemble import open_flight_providers
from providers.llm.assemble import create_models
from providers.llm.replies import compose_reply
from providers.payments.assemble import create_payment_gateways
from tests.support.accounts import Lobby
from tests.support.airline import Airline
from tests.support.models import Call
from tests.support.scripted import ScriptedApp
from tests.support.shopper import YES, Shopper
from tests.support.talk import Talk

UNSURE = "alo bạn ơi"
"""What no code knows the intent of."""


async def test_agent_is_handed_over_to_and_its_tool_tells(scripted: ScriptedApp) -> None:
    talk = await Talk.open(Lobby(scripted.app).visitor())
    scripted.model.play(Call("transfer_to_guide"), Call("local_time", place="Tokyo"), httpx.ConnectError("gone"))
    reply = await talk.ask(UNSURE)
    assert (reply["agent_name"], reply["state"]["run"]) == ("guide", "success")
    assert reply["content"].startswith("Ở Tokyo (HND) bây giờ là 11:00")
    assert compose_reply({"agent": "guide", "language": "vi"}, []) == "Bạn muốn biết giờ ở đâu?"


async def test_yes_to_the_new_card_does_what_it_says_and_a_no_does_nothing(scripted: ScriptedApp) -> None:
    shopper = await Shopper.come(Lobby(scripted.app))

    async def count_travellers() -> int:
        return len((await shopper.account.client.get("/v1/users/me/passengers")).json())

    for answer, left in (("không", 1), (YES, 0)):
        scripted.model.play(Call("transfer_to_profile"), Call("propose_traveller_deletion", traveller="1"))
        asked = await shopper.ask(UNSURE)
        (waiting,) = asked["interrupts"]
        assert waiting["action"] == "forget_traveller"
        assert "Xóa hẳn hành khách này?" in asked["content"]
        assert await count_travellers() == 1
        reply = await shopper.ask(answer)
        assert (reply["interrupts"], reply["usage"]["llm_calls"]) == ([], 0)
        assert await count_travellers() == left
    assert "Mình đã xóa hành khách đó." in reply["content"]


async def test_vendors_are_asked_once_they_are_set() -> None:
    keys = {"tern_access_token": "a live one", "otter_secret_key": "secret", "acme_api_key": "key"}
    settings = Settings.model_validate(keys | {"otter_base_url": "https://otter.example"})
    settings.ensure_can_serve()
    async with httpx.AsyncClient() as http:
        with open_flight_providers(settings, http, Airline()) as providers:
            assert [each.name for each in providers] == ["tern"]
        assert [each.name for each in create_payment_gateways(settings, http)] == ["otter"]
        models = create_models(settings, http)
    assert (settings.flight_world, settings.payment_world) == ("live", "live")
    assert [each.provider for each in models.capable] == ["acme", "acme", "offline"]

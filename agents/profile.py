from agents.spec import AgentSpec
from tools.account import propose_email_change
from tools.documents import propose_document_deletion
from tools.passengers import list_passengers, open_passenger_form
from tools.preferences import my_preferences, propose_preference

PROFILE = AgentSpec(
    name="profile",
    summary="Keeps travellers, passports, preferences and the account's e-mail address.",
    prompt="profile.md",
    tools=(
        list_passengers,
        my_preferences,
        propose_preference,
        open_passenger_form,
        propose_document_deletion,
        propose_email_change,
    ),
    model="capable",
)

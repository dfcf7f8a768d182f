from agents.spec import AgentSpec

CONCIERGE = AgentSpec(
    name="concierge",
    summary="Greets, says what can be done here, and answers everything that is no other agent's.",
    prompt="concierge.md",
    tools=(),
    model="small",
)

"""Payment gateways: money comes in by a link and a signed notice, and goes back by a refund."""

"""What the server counts. Labels are closed sets: route templates, statuses, model names; never a user or an id."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

HTTP_REQUESTS = Counter("http_requests_total", "Requests answered.", ["method", "route", "status"])
HTTP_SECONDS = Histogram("http_request_seconds", "Time to the start of the response.", ["method", "route"])
RUNS = Counter("runs_total", "Turns ended.", ["status"])
RUNS_ACTIVE = Gauge("runs_active", "Turns under way in this process.")
RUNS_TAKEN_OVER = Counter("runs_taken_over_total", "Turns ended because their process had died.")
STREAMS_OPEN = Gauge("streams_open", "Event streams open in this process.")
MODEL_CALLS = Counter("model_calls_total", "Calls of a chat model.", ["model", "result"])
NOTIFICATIONS = Counter("notifications_total", "Attempts to send a letter, by what became of it.", ["result"])
OFFERS_DROPPED = Counter("flight_offers_dropped_total", "Offers that made no sense, left out.", ["provider", "reason"])
PROVIDER_CALLS = Counter(
    "flight_provider_calls_total", "Calls of a flight provider.", ["provider", "operation", "result"]
)
PROVIDER_SECONDS = Histogram(
    "flight_provider_seconds",
    "How long a flight provider took to answer.",
    ["provider", "operation"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30),
)
PROVIDER_RETRIES = Counter("flight_provider_retries_total", "Calls made again.", ["provider", "operation"])
BREAKER_OPEN = Gauge(
    "flight_provider_breaker_open",
    "1 from when an operation is left alone until it is answered again.",
    ["provider", "operation"],
)

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
SENTENCES_REPLACED = Counter(
    "grounding_sentences_replaced_total", "Sentences of models kept out, by what in them nothing stood for.", ["kind"]
)
NOTIFICATIONS = Counter("notifications_total", "Attempts to send a letter, by what became of it.", ["result"])
BOOKING_MOVES = Counter("booking_moves_total", "Moves of bookings, by the phase they came to.", ["phase"])
BOOKINGS_OPEN = Gauge("bookings_open", "Bookings in each phase that passes; needs_review wants a person.", ["phase"])
BOOKINGS_OLDEST = Gauge("bookings_oldest_seconds", "How long the oldest of them has been there.", ["phase"])
REFUNDS_OPEN = Gauge("refunds_open", "Refunds that are not done; needs_review wants a person.", ["status"])
REFUNDS_OLDEST = Gauge("refunds_oldest_seconds", "How long the oldest of them has been owed.", ["status"])
WORK_OVERDUE = Gauge("work_overdue_seconds", "How long the work that is most overdue has been due.", ["work"])
PROVIDER_EVENTS = Counter(
    "flight_provider_events_total",
    "What flight providers told us, by what we made of it: repeated, unknown_order and forged among them.",
    ["provider", "verdict"],
)
PAYMENT_NOTICES = Counter(
    "payment_notices_total",
    "What gateways told us, by what we made of it: repeated, wrong_amount and forged among them.",
    ["gateway", "verdict"],
)
PAYMENTS_CAPTURED = Counter(
    "payments_captured_total", "Money taken, by whether it was what was waited for.", ["gateway", "result"]
)
REFUNDS = Counter("refunds_total", "Refunds ended, by how; needs_review wants a person.", ["gateway", "result"])
CALENDAR_EVENTS = Counter(
    "calendar_events_total", "Attempts to write a calendar event, by what became of it.", ["result"]
)
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

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

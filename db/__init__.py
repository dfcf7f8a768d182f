"""PostgreSQL: sessions, the embedded server, models, queries and migrations."""

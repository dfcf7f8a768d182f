"""HTTP and SSE: thin doors to the services."""

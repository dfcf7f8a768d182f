"""What a model may call: thin, typed doors to the services."""

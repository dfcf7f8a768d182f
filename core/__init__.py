"""What every room needs: settings, errors, clock, logs, ids, secrets and the words we say. Imports nothing of ours."""

"""Messages to people, from the outbox to the mailbox."""

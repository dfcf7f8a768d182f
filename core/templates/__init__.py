"""What we send and show as documents: mail and pages."""

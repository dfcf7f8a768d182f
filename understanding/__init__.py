"""What code can read in a sentence, before any model is asked. The door is `understanding.read`."""

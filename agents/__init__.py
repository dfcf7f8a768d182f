"""Who answers, as data: name, purpose, words, abilities."""

"""The three sources. A source says what it knows, not what it means: it maps answers to facts or raises."""

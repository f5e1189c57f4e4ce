"""The server's REST routes. Needs the extra `serve`; nothing but `profitsync serve` imports it."""

"""Where facts and figures are kept: one protocol, MongoDB and SQLite behind it."""

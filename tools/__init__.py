"""What is run by hand while working on profitsync; no part of the package."""

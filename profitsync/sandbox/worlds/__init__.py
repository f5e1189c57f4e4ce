"""Merchants to serve: the worked example of docs/metrics.md, a generated Indian brand, a shop read from CSV."""

"""A sandbox: three simulated APIs on loopback, and the merchants ("worlds") they serve.

Worlds are plain data (`world`), made by the modules in `worlds` and turned into API objects by `render_*`.
Nothing here knows how profitsync computes a figure.
"""

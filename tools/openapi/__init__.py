"""The API's description: read from the routes, the request models and the answers' models.

`python -m tools.openapi` writes what `chalicelib/web/described/` serves; a test holds the files
against a fresh run.
"""

"""The API's OpenAPI document, made from the code: `python -m local.openapi` prints it."""

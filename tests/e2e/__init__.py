"""Tests of the whole: over HTTP, and in a browser. A package, so that its fixtures end with it."""

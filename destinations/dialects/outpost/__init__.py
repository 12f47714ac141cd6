"""Hookdeck Outpost's API, in both generations of its paths."""

"""Cloudflare's API for the destinations of Workers Observability."""

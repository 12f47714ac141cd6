"""Redox's Platform API: destinations of an environment, and the credentials they share."""

"""Acceptance rows of applications: each module measures one application."""

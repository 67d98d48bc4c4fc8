"""Acceptance rows of applications: each module measures one, as those in `systems` do."""

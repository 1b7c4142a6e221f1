"""The page around a customer: its panels and its alerts, over the nouns of all departments."""

from guanxi.apps.circle import agenda, alerts, group, people, printing, worth

__all__ = ["agenda", "alerts", "group", "people", "printing", "worth"]

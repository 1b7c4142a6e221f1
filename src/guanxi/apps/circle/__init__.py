"""The page around a customer: its panels and its alerts, over the nouns of all departments."""

from guanxi.apps.circle import agenda, aims, alerts, group, people, printing, worth

__all__ = ["agenda", "aims", "alerts", "group", "people", "printing", "worth"]

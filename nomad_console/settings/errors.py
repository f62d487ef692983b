"""What is wrong with a setting, in words for the one who wrote it."""


class SettingsError(Exception):
    """Says which setting, what is wrong with it and what would be right."""

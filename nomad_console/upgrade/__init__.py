"""The upgrade engine: pure machines, events in, commands out."""

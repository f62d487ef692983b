"""Which cluster a command line means."""

import argparse
import os

from nomad_console.settings.load import load
from nomad_console.settings.values import ClusterSettings

_FLAGS = {
    "nomad_address": ("nomad", "address"),
    "namespace": ("nomad", "namespace"),
    "region": ("nomad", "region"),
    "consul_address": ("consul", "address"),
    "aws_region": ("aws", "region"),
}


def settings_of(options: argparse.Namespace) -> ClusterSettings:
    """The cluster that the flags, the environment and the cluster file mean."""
    flags: dict[str, dict[str, str]] = {}
    for name, (section, key) in _FLAGS.items():
        if hasattr(options, name):
            flags.setdefault(section, {})[key] = getattr(options, name)
    return load(os.environ, cluster=getattr(options, "cluster", ""), flags=flags)

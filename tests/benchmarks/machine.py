"""The machine that figures were taken on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path


def described() -> str:
    """Model, cores, load before anything was started, versions; one line each."""
    load, kernel = os.getloadavg()[0], f"{platform.system()} {platform.release()}"
    return (
        f"machine  {_model()}, {os.cpu_count()} cores, {_memory_gb():.0f} GB, "
        f"load {load:.2f} before\n"
        f"python   {platform.python_version()}, Textual {version('textual')}, {kernel}"
    )


def _model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def free_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES") / 1e9


_TICK = os.sysconf("SC_CLK_TCK")


def cpu_s(process: int) -> float:
    """CPU seconds of a process so far, of all its threads."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def rss_mb(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

"""Figures and how they are told: quantiles of samples, and one table with targets."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured figure in words. `met` is None where no target was set."""

    what: str
    value: str
    target: str = ""
    met: bool | None = None


def quantile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least `share` of all samples do not exceed."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(samples: Sequence[float]) -> float:
    return quantile(samples, 0.5)


def spread(samples: Sequence[float]) -> str:
    """Seconds as `p50/p99 ms (n=…)`."""
    p50, p99 = (1000 * quantile(samples, share) for share in (0.5, 0.99))
    return f"p50 {p50:.1f} / p99 {p99:.1f} ms (n={len(samples)})"


def ratio(what: str, ours: float, bare: float, *, least: float | None = None, most: float | None = None) -> Figure:
    """Ours in units of the bare engine."""
    found = ours / bare
    if least is not None:
        return Figure(what, f"{found:.2f}", f"≥ {least:g}", found >= least)
    return Figure(what, f"{found:.2f}", f"≤ {most:g}" if most else "", found <= most if most else None)


def at_most(what: str, samples: Sequence[float], limit_ms: float) -> Figure:
    """Seconds whose p99 has a limit."""
    met = 1000 * quantile(samples, 0.99) <= limit_ms
    return Figure(what, spread(samples), f"p99 ≤ {limit_ms:g} ms", met)


def table(title: str, figures: Iterable[Figure]) -> str:
    rows = list(figures)
    widths = [max(len(getattr(row, name)) for row in rows) for name in ("what", "value", "target")]
    lines = [f"\n{title}"]
    for row in rows:
        verdict = {True: "met", False: "MISSED", None: ""}[row.met]
        cells = (row.what.ljust(widths[0]), row.value.ljust(widths[1]), row.target.ljust(widths[2]), verdict)
        lines.append(f"  {'  '.join(cells)}".rstrip())
    return "\n".join(lines)


def machine() -> str:
    """Its cores, and how many processes wanted them lately."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}"

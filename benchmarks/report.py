"""What is shown of a comparison: tables as Markdown, and a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks import alternate, peers

OURS, THEIRS = "#c2410c", "#9ca3af"
LONGEST_BAR = 6.0  # times the shortest one; longer bars are cut, their number says how long


def microseconds(value: float) -> str:
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def ours(results: dict[str, Any]) -> list[str]:
    """Our peers in a workload's results that have a time."""
    return [
        peer
        for peer, each in results.items()
        if peers.kind(peer) == "tensorslow" and "median_us" in each
    ]


def times_table(record: dict[str, Any], chosen: list[str]) -> str:
    """Median of a step's time in µs; beside it, our time over theirs."""
    lines = [f"| µs a step | {' | '.join(map(peers.title, chosen))} |"]
    lines.append("| --- " + "| ---: " * len(chosen) + "|")
    for workload, results in record.items():
        mine = ours(results)
        fastest = min(mine, key=lambda peer: results[peer]["median_us"]) if mine else None
        cells = []
        for peer in chosen:
            each = results.get(peer, {})
            if "median_us" not in each:
                cells.append("–")
                continue
            cell = microseconds(each["median_us"])
            if fastest and peer not in mine:
                cell += f" (×{alternate.ratio(each, results[fastest]):.2f})"
            cells.append(f"**{cell}**" if peer == fastest else cell)
        lines.append(f"| {workload} | {' | '.join(cells)} |")
    return "\n".join(lines)


def beginnings_table(record: dict[str, Any], chosen: list[str]) -> str:
    """Seconds until the first step is done, and the longest of the steps that follow."""
    lines = [
        f"| first step, s (longest of the next 29, ms) | {' | '.join(map(peers.title, chosen))} |"
    ]
    lines.append("| --- " + "| ---: " * len(chosen) + "|")
    for workload, results in record.items():
        cells = []
        for peer in chosen:
            each = results.get(peer, {})
            if "first_s" in each:
                cells.append(f"{each['first_s']:.3f} ({each['longest_us'] / 1e3:.2f})")
            else:
                cells.append("–")
        lines.append(f"| {workload} | {' | '.join(cells)} |")
    return "\n".join(lines)


def draw(record: dict[str, Any], path: Path, caption: str) -> None:
    """A panel for each workload, a bar for each peer: shorter is faster."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = max(1, -(-len(record) // 2))
    most = max((len(results) for results in record.values()), default=1)
    figure, axes = pyplot.subplots(
        rows, 2, figsize=(11, rows * (0.9 + 0.3 * most)), squeeze=False, layout="constrained"
    )
    for panel, (workload, results) in zip(axes.flat, record.items()):
        timed = {peer: each["median_us"] for peer, each in results.items() if "median_us" in each}
        shortest = min(timed.values(), default=1.0)
        for place, (peer, time) in enumerate(timed.items()):
            mine = peers.kind(peer) == "tensorslow"
            length = min(time, LONGEST_BAR * shortest)
            panel.barh(place, length, color=OURS if mine else THEIRS)
            cut = " ⋯" if length < time else ""
            panel.text(length, place, f"{cut} {microseconds(time)} µs", va="center", fontsize=8)
        panel.set_yticks(range(len(timed)), [peers.title(peer) for peer in timed], fontsize=8)
        panel.set_xlim(0, LONGEST_BAR * shortest * 1.25)
        panel.set_xticks([])
        panel.invert_yaxis()
        panel.set_title(workload, loc="left", fontsize=10, fontweight="bold")
        panel.spines[["top", "right", "bottom"]].set_visible(False)
    for panel in axes.flat[len(record) :]:
        panel.set_axis_off()
    figure.suptitle("One training step, median; shorter is faster", x=0.01, ha="left")
    figure.supxlabel(caption, fontsize=7, color="#6b7280", x=0.01, ha="left")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)

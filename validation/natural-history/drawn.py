"""The predictions as a figure: simulated minus published, in errors of the published figure."""

from __future__ import annotations

from pathlib import Path

HIT, MISS = "#0b5d8a", "#c2571a"
KEY = """\
Grey: within two errors of the published figure.
Where fitted to, errors include the discrepancy.
Dot: hit (reached). Diamond: miss (not reached).
Bar: two Monte Carlo errors."""
SHORTER = ((" points/month or more", " points/month"), (" % or more", " %"), (" or more", "+"))


def draw(record: dict, path: Path) -> None:
    """One row a figure; the band is two errors of the published figure either side, the bar two Monte Carlo errors.
    Hits are dots, misses diamonds; figures that cannot be judged are left out. Calibrate and predict stand apart."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "leadin", "svg.fonttype": "none", "font.family": "sans-serif"})
    from matplotlib.figure import Figure

    calibrate = [
        (row["target"], *_away(row, (row["sampling_error"] ** 2 + row["discrepancy"] ** 2) ** 0.5))
        for row in record["calibrate"]
    ]
    judged = [row for row in record["predict"] if row["hit"] is not None]
    control, treated = (
        [
            (f"{row['trial']}: {_short(row['figure'])}", *_away(row, row["published_error"]))
            for row in judged
            if row["treated"] is is_so
        ]
        for is_so in (False, True)
    )
    groups = (calibrate, control, treated)
    figure = Figure(figsize=(9, 0.19 * sum(map(len, groups)) + 3.0))
    axes = figure.subplots(3, 1, height_ratios=[len(group) for group in groups], sharex=True)
    titles = (
        "Pooled cohorts and registers: fitted to",
        "Control and placebo arms: nothing fitted to",
        "Uncontrolled trials, treated: no effect simulated",
    )
    for axis, points, title in zip(axes, groups, titles, strict=True):
        axis.axvspan(-2, 2, color="#e6e6e6", zorder=0)
        axis.axvline(0, color="#888888", linewidth=0.8, zorder=1)
        for place, (_, away, error, hit) in enumerate(points):
            shown = min(max(away, -5.5), 5.5)
            mark = "o" if hit else "D"
            colour = HIT if hit else MISS
            axis.errorbar(shown, place, xerr=2 * error, color=colour, marker=mark, markersize=4, linewidth=1)
            if shown != away:
                axis.annotate(f"{away:+.1f}", (shown, place), textcoords="offset points", xytext=(7, -3), fontsize=7)
        axis.set_yticks(range(len(points)), [name for name, *_ in points], fontsize=7)
        axis.set_ylim(len(points) - 0.5, -0.5)
        axis.set_title(title, fontsize=9, loc="left")
        for side in ("top", "right", "left"):
            axis.spines[side].set_visible(False)
        axis.tick_params(axis="y", length=0)
        axis.tick_params(axis="x", labelbottom=True, labelsize=8)
        axis.set_xlabel("simulated minus published, in errors of the published figure", fontsize=8)
    axes[-1].set_xlim(-6, 6)
    figure.text(0.01, 1 - 0.05 / figure.get_figheight(), KEY, va="top", fontsize=8)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


def _short(figure: str) -> str:
    """The figure in fewer letters: `35+` for `35 or more`."""
    for long, short in SHORTER:
        figure = figure.replace(long, short)
    return figure


def _away(row: dict, error: float) -> tuple[float, float, bool]:
    return (row["simulated"] - row["published"]) / error, row["mc_error"] / error, row["hit"]

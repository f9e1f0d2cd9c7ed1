#!/usr/bin/env python3
"""Writes docs/performance.md and its charts from what mosaico-bench and the peers measured.

Usage: report.py FACTS RESULTS OUTPUT

FACTS    output of `mosaico-bench --facts`
RESULTS  lines of `mosaico-bench … --json` and of bench/peers
OUTPUT   the folder docs/

Explanations of figures that fall short come from bench/explanations.md, a section a workload.
"""

import json
import re
import sys
from pathlib import Path
from xml.sax.saxutils import escape

BENCH = Path(__file__).resolve().parent
LARGE_RATIO = 1.5  # Bars end here; the figure beside them tells the rest.

INTRODUCTION = """# Performance

What `mosaico-bench` measured, beside the limit of the parts that each workload is made of, taken in the
same run. Written by `make bench`; do not edit. The ratio is value to limit; a goal tells which way is
better. Figures are medians of {runs} runs with the least and the greatest; client and server share the
machine. `mosaico-bench --list` says what each workload does.

{facts}

![Ratio of value to limit](performance/ratios.svg)

![Peak memory of client and server](performance/memory.svg)
"""


def number(value: float) -> str:
    """Three digits that count, as people write them."""
    for factor, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= factor:
            return f"{value / factor:.3g}{unit}"
    return f"{value:.3g}"


def name_of(line: dict) -> str:
    return line["workload"] + (f" ({line['variant']})" if "variant" in line else "")


def facts_text(facts: dict) -> str:
    return (f"Machine: {facts['cores']} cores ({facts['processor']}), "
            f"{facts['memory_bytes'] / 2**30:.0f} GiB of memory, data on {facts['file_system']}; "
            f"{facts['compiler']}, release build, Arrow {facts['arrow']}.")


def goals_text(line: dict) -> str:
    return "; ".join(f"{goal['goal']} {'✓' if goal['met'] else '✗ (' + number(goal['actual']) + ')'}"
                     for goal in line["goals"]) or "–"


def table(lines: list[dict]) -> str:
    rows = ["| workload | value | limit | ratio | least to greatest | CPU s, client + server | "
            "peak MB, client + server | goals |", "|---|---|---|---|---|---|---|---|"]
    for line in lines:
        if "error" in line:
            rows.append(f"| {name_of(line)} | could not run: {line['error']} | | | | | | |")
            continue
        unit = line["unit"]
        rows.append(
            f"| {name_of(line)} | {number(line['value'])} {unit} | {number(line['limit'])} | "
            f"{line['ratio']:.2f} | {number(line['min'])} – {number(line['max'])} | "
            f"{line['client_cpu_s']:.2f} + {line['server_cpu_s']:.2f} | "
            f"{line['client_peak_bytes'] / 1e6:.0f} + {line['server_peak_bytes'] / 1e6:.0f} | "
            f"{goals_text(line)} |")
    return "\n".join(rows)


def details(lines: list[dict]) -> str:
    """What a line tells beyond the table."""
    known = {"workload", "variant", "value", "unit", "limit", "ratio", "min", "max", "client_cpu_s",
             "server_cpu_s", "client_peak_bytes", "server_peak_bytes", "goals", "runs", "error"}
    rows = []
    for line in lines:
        parts = [f"{part} {number(value)}" for part, value in line.get("limits", {}).items()]
        parts += [f"{key} {number(value)}" for key, value in line.items()
                  if key not in known and isinstance(value, (int, float))]
        if parts:
            rows.append(f"- **{name_of(line)}**: {', '.join(parts)}")
    return "\n".join(rows)


def peers_table(lines: list[dict]) -> str:
    rows = ["| peer | what | value |", "|---|---|---|"]
    rows += [f"| {line['peer']} | {line['what']} | {number(line['value'])} {line['unit']} |"
             for line in lines]
    return "\n".join(rows)


def explanations(lines: list[dict]) -> str:
    """The sections of explanations.md whose workload missed a goal in these results."""
    path = BENCH / "explanations.md"
    if not path.exists():
        return ""
    missed = {line["workload"] for line in lines
              if any(not goal["met"] for goal in line.get("goals", []))}
    sections = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    kept = [section for section in sections if section.split("\n", 1)[0].strip() in missed]
    return "".join(f"### {section.rstrip()}\n\n" for section in kept)


class Chart:
    """Horizontal bars with a name to the left and a figure to the right."""

    LEFT, WIDTH, RIGHT, STEP, TOP = 290, 420, 130, 20, 34

    def __init__(self, title: str, rows: int) -> None:
        self.parts: list[str] = []
        self.y = self.TOP
        self.width = self.LEFT + self.WIDTH + self.RIGHT
        self.height = self.TOP + rows * self.STEP + 10
        self.text(8, 20, title, "font-weight='bold'")

    def text(self, x: float, y: float, text: str, attributes: str = "") -> None:
        self.parts.append(f"<text x='{x:.1f}' y='{y:.1f}' {attributes}>{escape(text)}</text>")

    def bar(self, name: str, spans: list[tuple[float, str]], figure: str,
            mark: float | None = None) -> None:
        """`spans`: shares of the width and their colours, one after the other."""
        self.text(self.LEFT - 8, self.y + 13, name, "text-anchor='end'")
        x = float(self.LEFT)
        for share, color in spans:
            length = share * self.WIDTH
            self.parts.append(f"<rect x='{x:.1f}' y='{self.y + 3}' width='{length:.1f}' height='13' "
                              f"fill='{color}'/>")
            x += length
        if mark is not None:
            at = self.LEFT + mark * self.WIDTH
            self.parts.append(f"<line x1='{at:.1f}' y1='{self.y}' x2='{at:.1f}' y2='{self.y + 19}' "
                              "stroke='#222' stroke-width='2'/>")
        self.text(max(x, self.LEFT + (mark or 0) * self.WIDTH) + 6, self.y + 13, figure)
        self.y += self.STEP

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        body = "\n".join(self.parts)
        path.write_text(
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{self.width}' height='{self.height}' "
            "font-family='sans-serif' font-size='12'>\n<rect width='100%' height='100%' "
            f"fill='white'/>\n{body}\n</svg>\n", encoding="utf-8")


def ratio_goal(line: dict) -> float | None:
    for goal in line["goals"]:
        found = re.search(r"(?:^|: )ratio [≥≤] ([\d.]+)$", goal["goal"])
        if found:
            return float(found.group(1))
    return None


def draw_ratios(lines: list[dict], path: Path) -> None:
    chart = Chart("Value to limit (bar) and what it shall be (mark); green: all goals met", len(lines))
    for line in lines:
        met = all(goal["met"] for goal in line["goals"])
        goal = ratio_goal(line)
        share = min(line["ratio"], LARGE_RATIO) / LARGE_RATIO
        mark = min(goal, LARGE_RATIO) / LARGE_RATIO if goal is not None else None
        chart.bar(name_of(line), [(share, "#4a9a5b" if met else "#d08a3c")],
                  f"{line['ratio']:.2f}", mark)
    chart.write(path)


def draw_memory(lines: list[dict], path: Path) -> None:
    most = max(line["client_peak_bytes"] + line["server_peak_bytes"] for line in lines)
    chart = Chart("Peak memory: client (dark) and server (light), MB", len(lines))
    for line in lines:
        client, server = line["client_peak_bytes"], line["server_peak_bytes"]
        chart.bar(name_of(line), [(client / most, "#3b6ea5"), (server / most, "#9cc0e0")],
                  f"{client / 1e6:.0f} + {server / 1e6:.0f}")
    chart.write(path)


def main() -> int:
    facts = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    lines = [json.loads(text) for text in Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()]
    output = Path(sys.argv[3])
    peers = [line for line in lines if "peer" in line]
    lines = [line for line in lines if "workload" in line]
    whole = [line for line in lines if "error" not in line]
    draw_ratios(whole, output / "performance" / "ratios.svg")
    draw_memory(whole, output / "performance" / "memory.svg")
    runs = max((line.get("runs", 1) for line in whole), default=1)
    text = INTRODUCTION.format(runs=runs, facts=facts_text(facts))
    text += f"\n## Results\n\n{table(lines)}\n\n## Details\n\n{details(whole)}\n"
    reasons = explanations(whole)
    if reasons:
        text += f"\n## Where a goal was missed\n\n{reasons}"
    if peers:
        text += f"\n## Peers\n\n{peers_table(peers)}\n"
    (output / "performance.md").write_text(text.rstrip() + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

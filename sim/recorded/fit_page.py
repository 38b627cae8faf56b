"""What weights of `life` would have raised, as one HTML page: every run told by weights that have
not seen it, the alarm where it falls under the horizon, and the truth beside it.
"""

import html
from pathlib import Path

HERE = Path(__file__).parent
WIDTH, HEIGHT, MARGIN = 900, 420, 44
STEPS = 6  # of each axis


def first_alarm(told, settings) -> int | None:
    """Row at which the monitor would have raised its alarm, or None."""
    horizon = settings.get("horizon", 30)
    for row in range(settings["new"] - 1, len(told)):
        if told[row] <= horizon:
            return row
    return None


def render(found, told, settings, title: str) -> str:
    """The page of a Fit: told: of each run what was told at every row (see fit.held_out)."""
    settings = {**found.settings, **settings}
    alarms = [first_alarm(run, settings) for run in told]
    rows = "".join(_row(number, len(run), at)
                   for number, (run, at) in enumerate(zip(told, alarms, strict=True), 1))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{(HERE / "chart.css").read_text(encoding="utf-8")}
svg.life {{ height: auto; }} svg.life path {{ opacity: .45; }}</style></head>
<body><h1>{html.escape(title)}</h1>
<p>{html.escape(found.report)}</p><p>{html.escape(summary(told, alarms, settings))}</p>
<p class="hint">Told against true: a line a run, left to right to its end. Dashed: the truth,
and the horizon at which the alarm is raised.</p>
{_chart(told, settings)}
<div class="wide"><table><thead><tr><th>run</th><th>units of use</th><th>alarm at</th>
<th>left then</th></tr></thead><tbody>{rows}</tbody></table></div></body></html>
"""


def summary(told, alarms, settings) -> str:
    """How many runs were warned of, and how long before their end, in a sentence."""
    left = sorted(len(run) - 1 - at for run, at in zip(told, alarms, strict=True) if at is not None)
    horizon = settings.get("horizon", 30)
    words = f"At a horizon of {horizon:g} the alarm is raised in {len(left)} of {len(told)} runs"
    if left:
        words += (f", {left[0]} to {left[-1]} units of use before the end, "
                  f"{left[len(left) // 2]} in the middle")
    return words + "."


def _row(number, length, at) -> str:
    cells = (number, length, *(("never", "") if at is None else (at + 1, length - 1 - at)))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _chart(told, settings) -> str:
    longest = max(len(run) for run in told) - 1
    most = max(settings["cap"], 1)
    inner, tall = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN

    def x(left):
        return round(MARGIN + inner * (1 - left / longest), 1)

    def y(value):
        return round(HEIGHT - MARGIN - tall * min(value, most) / most, 1)

    parts = [f'<text x="{x(at)}" y="{HEIGHT - 14}">{at:.0f}</text>'
             for at in (longest * step / STEPS for step in range(STEPS + 1))]
    parts += [f'<text x="4" y="{y(at)}">{at:.0f}</text>'
              for at in (most * step / STEPS for step in range(STEPS + 1))]
    for run in told:
        points = " L".join(f"{x(len(run) - 1 - row)},{y(value)}" for row, value in enumerate(run))
        parts.append(f'<path d="M{points}"/>')
    horizon = y(settings.get("horizon", 30))
    truth = min(longest, most)
    parts += [_line(x(truth), y(truth), x(0), y(0)),
              _line(MARGIN, horizon, WIDTH - MARGIN, horizon)]
    return f'<svg class="life" viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(parts)}</svg>'


def _line(x1, y1, x2, y2) -> str:
    return f'<line class="limit" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'

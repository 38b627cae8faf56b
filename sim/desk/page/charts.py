"""What is drawn by ECharts: options as plain data, in colours legible on light and on dark."""

GREY, LINE = "#8a919b", "#3b82c4"
SAID, SEEN = "#b08968", "#2f9e8f"
LABEL = {"fontSize": 11, "color": GREY}
COLOURS = ["#3b82c4", "#b08968", "#2f9e8f", "#8a6fbf", "#c2883a", "#6b8f3c"]
QUIET = {"axisLine": {"lineStyle": {"color": GREY}}, "axisTick": {"show": False},
         "splitLine": {"show": False}}  # fmt: skip
RULED = {"axisLine": {"show": False}, "axisTick": {"show": False}, "splitNumber": 3,
         "splitLine": {"lineStyle": {"color": GREY, "opacity": 0.25}}}  # fmt: skip


def window(scale: int, points: list[list[int]]) -> dict:
    """Readings around a finding: [seconds before it, value x scale]."""
    shown = [[-before / 60, value / scale] for before, value in sorted(points, reverse=True)]
    return {
        "animation": False,
        "grid": {"left": 48, "right": 16, "top": 12, "bottom": 34},
        "tooltip": {"trigger": "axis"},
        "xAxis": {
            "type": "value", "name": "minutes", "nameLocation": "middle", "nameGap": 20,
            "nameTextStyle": LABEL, "axisLabel": LABEL, "splitLine": {"show": False},
            "axisLine": {"lineStyle": {"color": GREY}},
        },
        "yAxis": {"type": "value", "scale": True, "axisLabel": LABEL, "splitNumber": 3,
                  "axisLine": {"show": False}, "axisTick": {"show": False},
                  "splitLine": {"lineStyle": {"color": GREY, "opacity": 0.25}}},
        "series": [{"type": "line", "data": shown, "symbolSize": 5,
                    "lineStyle": {"width": 1.6, "color": LINE}, "itemStyle": {"color": LINE}}],
    }  # fmt: skip


def gap(sellers: list[str], said: list, seen: list, words: tuple[str, str]) -> dict:
    """What sellers said beside what was measured: two bars a seller; None where none is known."""
    def bars(name: str, values: list, colour: str) -> dict:
        return {"name": name, "type": "bar", "data": values, "barMaxWidth": 11,
                "itemStyle": {"color": colour, "borderRadius": 3},
                "label": {"show": True, "position": "right", "color": GREY, "fontSize": 10}}

    return {
        "animation": False,
        "grid": {"left": 8, "right": 44, "top": 26, "bottom": 4, "containLabel": True},
        "legend": {"top": 0, "left": 0, "itemHeight": 9, "itemWidth": 14, "textStyle": LABEL},
        "xAxis": {"type": "value", "axisLabel": {"show": False}, "splitLine": {"show": False},
                  "minInterval": 1},
        "yAxis": {"type": "category", "data": sellers, "inverse": True,
                  "axisLabel": {**LABEL, "width": 96, "overflow": "truncate"},
                  "axisTick": {"show": False}, "axisLine": {"lineStyle": {"color": GREY}}},
        "series": [bars(words[0], said, SAID), bars(words[1], seen, SEEN)],
    }  # fmt: skip


def days_left(series: dict[str, list[list]]) -> dict:
    """Forecasts over time: of each consumable [milliseconds, days or None]; days on a log scale,
    for a descaler lasts a hundred times as long as milk."""
    lines = [
        {"type": "line", "name": name, "data": points, "symbolSize": 4, "step": "end",
         "lineStyle": {"width": 1.6}, "connectNulls": False}
        for name, points in sorted(series.items())
    ]  # fmt: skip
    return {
        "animation": False, "color": COLOURS,
        "grid": {"left": 8, "right": 28, "top": 30, "bottom": 4, "containLabel": True},
        "legend": {"top": 0, "left": 0, "itemHeight": 9, "itemWidth": 14, "textStyle": LABEL},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "time", **QUIET,
                  "axisLabel": {**LABEL, "hideOverlap": True, "formatter": "{d} {MMM}"}},
        "yAxis": {"type": "log", "min": 1, "axisLabel": LABEL, **RULED},
        "series": lines,
    }  # fmt: skip


def spent(weeks: list[str], minors: list[int], texts: list[str]) -> dict:
    """Amounts a week as bars; `texts` are the amounts as people write them."""
    bars = [
        {"value": minor, "label": {"formatter": text, "show": bool(minor)}}
        for minor, text in zip(minors, texts, strict=True)
    ]
    return {
        "animation": False,
        "grid": {"left": 8, "right": 8, "top": 24, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "category", "data": weeks, "axisLabel": LABEL, **QUIET},
        "yAxis": {"type": "value", "show": False},
        "series": [{"type": "bar", "data": bars, "barMaxWidth": 34,
                    "itemStyle": {"color": LINE, "borderRadius": 3},
                    "label": {"position": "top", "color": GREY, "fontSize": 11}}],
    }  # fmt: skip

"""What is drawn by ECharts: options as plain data, in colours legible on light and on dark."""

GREY, LINE = "#8a919b", "#3b82c4"
SAID, SEEN = "#b08968", "#2f9e8f"
LABEL = {"fontSize": 11, "color": GREY}


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

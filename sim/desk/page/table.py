"""Tables whose cells are text, links, states or what is left; cards on a narrow screen.

A cell's value goes to the browser as data and is put in as text, whatever a thing has said.
What is left is a list, which NiceGUI takes in a row only inside of a dict.
"""

from typing import NamedTuple

from nicegui import ui

CELLS = {
    "text": "{{ props.row.%(n)s }}",
    "number": "{{ props.row.%(n)s }}",
    "link": '<a class="link" :href="props.row.%(n)s_href">{{ props.row.%(n)s }}</a>',
    "state": '<span :class="\'badge \' + props.row.%(n)s_look">{{ props.row.%(n)s }}</span>',
    "time": '<span :title="props.row.%(n)s_at">{{ props.row.%(n)s }}</span>',
    "count": '<span :class="props.row.%(n)s ? \'some\' : \'none\'">{{ props.row.%(n)s }}</span>',
    "stock": (
        '<span v-for="s in props.row.%(n)s.all" class="stock"><span class="bar" role="img" '
        ':aria-label="s.level" :title="s.level">'
        '<i v-for="f in 5" :class="f <= s.band + 1 ? \'on b\' + s.band : \'\'"></i></span>'
        "{{ s.name }}<small>{{ s.days }}</small></span>"
    ),
}


class Column(NamedTuple):
    """A column: the row's key, its heading, and one of CELLS."""

    name: str
    label: str
    cell: str = "text"


def table(columns: list[Column], rows: list[dict], empty: str) -> None:
    """Rows, each with an `id`; `empty` says what there would be to see."""
    if not rows:
        ui.label(empty).classes("empty")
        return
    heads = [
        {"name": column.name, "label": column.label, "field": column.name,
         "align": "right" if column.cell in ("number", "count") else "left"}
        for column in columns
    ]  # fmt: skip
    made = ui.table(columns=heads, rows=rows, row_key="id")
    made.props("flat dense hide-pagination wrap-cells :rows-per-page-options=[0]")
    made.classes("rows")
    cells = "".join(
        f'<q-td key="{column.name}" :props="props" data-label="{column.label}" '
        # A heading of nothing is left out of the cards.
        f""":class="['', null].includes(props.row.{column.name}) ? 'blank' : ''" """
        f'class="cell-{column.cell}">{CELLS[column.cell] % {"n": column.name}}</q-td>'
        for column in columns
    )
    made.add_slot("body", f'<q-tr :props="props">{cells}</q-tr>')

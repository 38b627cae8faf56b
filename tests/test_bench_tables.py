"""The benches on files that are like the public ones and not equal to them.

Other line ends, a mark of byte order, more columns, rows in disorder, time zones, gaps, files that
are too short or none at all: the same figures, or a word on what is wrong and where.
"""

import json
import random
from datetime import datetime, timedelta

import pytest
from rich.console import Console
from typer.testing import CliRunner

from sim.bench import life, nab, onset, runout, skab, tables
from sim.cli.bench import app
from sim.recorded import fit

START = datetime(2014, 4, 1)
STEPS = [10.0 + row % 5 + (40 if 700 <= row < 720 else 0) for row in range(800)]
PLAIN = [f"{START + timedelta(minutes=5 * row)},{value}" for row, value in enumerate(STEPS)]
WINDOW = [f"{START + timedelta(minutes=5 * row)}.000000" for row in (690, 740)]


def shuffled(lines):
    return random.Random(1).sample(lines, len(lines))


OTHERWISE = {
    "other line ends": "\r\n".join(["timestamp,value", *PLAIN]) + "\r\n",
    "a mark of byte order": "\ufeff" + "\n".join(["timestamp,value", *PLAIN]),
    "more columns": "\n".join(["id,Timestamp,Value,note", *(f"7,{line},fine" for line in PLAIN)]),
    "semicolons": "\n".join(["timestamp,value", *PLAIN]).replace(",", ";"),
    "a time zone": "\n".join(["timestamp,value", *(x.replace(",", "+00:00,") for x in PLAIN)]),
    "blank lines": "\n\n".join(["timestamp,value", *PLAIN]) + "\n,\n",
    "rows in disorder": "\n".join(["timestamp,value", *shuffled(PLAIN)]),
}


def corpus(folder, text, windows=(WINDOW,)):
    (folder / "labels").mkdir(exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    labels = {"one.csv": list(windows), "realTweets/not_here.csv": []}
    (folder / "labels/combined_windows.json").write_text(json.dumps(labels))
    (folder / "data/one.csv").write_text(text, "utf-8", newline="")
    return folder


def shown(table):
    console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(table)
    return console.export_text()


def test_a_series_is_the_same_however_it_is_written(tmp_path):
    usual = nab.load(corpus(tmp_path, "\n".join(["timestamp,value", *PLAIN])))[0]
    assert usual["windows"] == [(690, 740)] and usual["readings"][700][0] == 50.0
    for how, text in OTHERWISE.items():
        one = nab.load(corpus(tmp_path, text))[0]
        assert (one["readings"], one["windows"]) == (usual["readings"], usual["windows"]), how
    assert one["rows"] != usual["rows"]  # in disorder: an alarm is told where it stands in the file
    assert all(PLAIN[at] == shuffled(PLAIN)[row] for at, row in enumerate(one["rows"]))


def test_gaps_reach_no_monitor_on_either_runtime(tmp_path):
    gaps = [line if row % 9 else line.split(",")[0] + "," + ("nan", "")[row % 2]
            for row, line in enumerate(PLAIN)]
    corpus(tmp_path, "\n".join(["timestamp,value", *gaps]))
    here, there = (nab.run(tmp_path, runtime=name) for name in ("cpython", "micropython"))
    assert here["alarms"] == there["alarms"] != []
    assert here["rows"][0]["hits"] == 1


@pytest.mark.parametrize(("rows", "windows"), [
    (800, []), (800, [["2001-01-01 00:00:00", "2001-01-02 00:00:00"]]), (20, []), (1, []),
])
def test_a_corpus_without_windows_or_hardly_a_row_has_a_table(rows, windows, tmp_path):
    corpus(tmp_path, "\n".join(["timestamp,value", *PLAIN[:rows]]), windows)
    result = nab.run(tmp_path)
    assert result["standard"] is None and "no windows" in shown(nab.table(result))


@pytest.mark.parametrize(("text", "said"), [
    ("", "one.csv: a heading and at least one row"),
    ("timestamp,value\n", "one.csv: a heading and at least one row"),
    ("timestamp,level\n2014-04-01,5\n", "one.csv: no column value"),
    ("timestamp,value\n2014-04-01,5\nsoon,6\n", "one.csv: row 2: 'soon' is no time"),
])
def test_a_series_that_is_none_is_named(text, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        nab.run(corpus(tmp_path, text))


@pytest.mark.parametrize("labels", ["{oops", "[1, 2]", '{"one.csv": [["x", "y"]]}', '{"a": 5}'])
def test_labels_that_are_none_are_named(labels, tmp_path):
    corpus(tmp_path, "\n".join(["timestamp,value", *PLAIN[:5]]))
    (tmp_path / "labels/combined_windows.json").write_text(labels)
    result = CliRunner().invoke(app, ["nab", str(tmp_path)])
    assert result.exit_code == 2 and "combined_windows.json: not windows of files" in result.output


CHANNELS = ["flow", "heat", "current", "press", "volt", "speed", "sound", "shake"]


def machine(path, rows, labelled=True, extra=""):
    """A file like SKAB's, of which a row in ten has a gap."""
    dice = random.Random(2)
    head = ["datetime", *CHANNELS, *(["anomaly", "changepoint"] if labelled else []), *extra]
    lines = [";".join(head)]
    for row in range(rows):
        cells = [f"{5 + dice.gauss(0, 1) + 9 * (row > 500):.3f}" for _ in CHANNELS]
        cells[0] = cells[0] if row % 10 else ""
        cells += [str(float(row > 500)), "0.0"] if labelled else []
        cells += ["1.5" for _ in extra]
        lines.append(";".join([str(START + timedelta(seconds=row)), *cells]))
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines))


def test_a_machine_with_gaps_and_more_channels_than_there_is_room_for(tmp_path):
    machine(tmp_path / "valve2/0.csv", 600, extra="z")
    here, there = (skab.run(tmp_path, runtime=name) for name in ("cpython", "micropython"))
    assert here["alarms"] == there["alarms"] and here["f1"] > 0.9
    assert here["state_bytes"] == 256


@pytest.mark.parametrize("labelled", [True, False])
def test_a_machine_seen_too_shortly_has_no_figures(labelled, tmp_path):
    machine(tmp_path / "other/1.csv", 120, labelled)
    result = skab.run(tmp_path)
    assert result["f1"] is result["far"] is result["f1_at_far10"] is None
    assert "other/1" in shown(skab.table(result))


def test_bearings_are_read_under_any_heading_and_in_any_order(tmp_path):
    lines = [f"{START + timedelta(minutes=10 * row):%Y.%m.%d.%H.%M.%S},{1 + row % 7 / 100},{row}"
             for row in range(50)]
    (tmp_path / "ims.csv").write_text("\n".join([",Bearing 1,Bearing 1", *shuffled(lines)]))
    columns, times, order = onset.load(tmp_path / "ims.csv")
    assert list(columns) == ["Bearing 1", "Bearing 1 (2)"] and times[-1] == 49 * 600
    assert columns["Bearing 1 (2)"] == list(range(50)) and sorted(order) == list(range(50))
    with pytest.raises(ValueError, match="no column 'Bearing 4', only Bearing 1"):
        onset.run(tmp_path / "ims.csv", failed=["Bearing 4"])


def test_engines_are_read_with_trailing_blanks_and_refused_by_line(tmp_path):
    file = tmp_path / "train.txt"
    file.write_text("\ufeff2 1 5.5 1  \r\n1 2 6e1 1 \r\n1 1 7 1 \r\n\r\n")
    assert [run.tolist() for run in fit.read_runs(file)] == [[[7, 1], [60, 1]], [[5.5, 1]]]
    for text, said in (("1 1 5\n1 2 nan\n", "line 2: 'nan' is no number"), ("", "no line of"),
                       ("1 1 5\n1 2\n", "line 2: 2 columns, above 3"), ("a\nb\n", "no line of")):
        file.write_text(text)
        with pytest.raises(ValueError, match=f"train.txt: {said}"):
            fit.read_runs(file)
    file.write_text("1 1 5\n1 2 6\n")
    (tmp_path / "rul.txt").write_text("7 \n8 \n")
    with pytest.raises(ValueError, match=r"rul.txt: 2 lives, .* has 1 engines"):
        life.engines(file, file, tmp_path / "rul.txt", 1)
    with pytest.raises(ValueError, match=r"1 channels, .* has 24"):
        life.engines(file, file, tmp_path / "rul.txt", 24)


def sold(path, lines, head="datetime,coffee_name"):
    path.write_text("\n".join([head, *lines]))
    return runout.load(path)


def test_sales_are_read_by_the_clock_on_the_wall_and_strange_drinks_are_told(tmp_path):
    file = tmp_path / "sales.csv"
    usual = sold(file, ["2024-03-01T10:15:00,Latte", "2024-03-02T09:00:00,Espresso"])
    assert usual[2] == {} and usual[0]["milk"] == [[36900, 150]]
    assert sold(file, ["2024-03-02 09:00:00+03:00,ESPRESSO ",
                       "2024-03-01 10:15:00.520Z, latte"]) == usual
    assert sold(file, ["2024-03-01,10:15:00,Latte,38.7", "2024-03-02,09:00:00,Espresso,24"],
                "Date,Time,coffee_name,money") == usual
    *same, left_out = sold(file, ["2024-03-01T10:15:00,Latte", "2024-03-02T09:00:00,Espresso",
                                  "2024-03-01T11:00:00,Irish  Whiskey", "2024-03-02T11:00:00,"])
    assert tuple(same) == usual[:2] and left_out == {"irish whiskey": 1, "": 1}
    assert runout.told(left_out) == (
        "left out, for there is no recipe: 1 x irish whiskey, 1 x nameless")


def test_a_table_of_alarms_wants_a_folder_that_is_there(tmp_path):
    result = CliRunner().invoke(app, ["nab", str(tmp_path), "--alarms", str(tmp_path / "no/x.csv")])
    assert result.exit_code == 2 and "--alarms: there is no folder" in result.output


def test_onsets_are_written_as_column_and_row(tmp_path):
    values = [1 + 0.01 * (row % 7) + 2 * (row >= 900) for row in range(1000)]
    lines = [f"{START + timedelta(minutes=10 * row)},{value}" for row, value in enumerate(values)]
    (tmp_path / "ims.csv").write_text("\n".join(["time,Bearing 1", *lines]))
    written = tmp_path / "alarms.csv"
    result = CliRunner().invoke(app, ["onset", str(tmp_path / "ims.csv"), "--alarms", str(written)])
    assert result.exit_code == 0, result.output
    head, *rows = written.read_text().splitlines()
    assert head == "file,row" and rows[-1] == "Bearing 1,999" and len(rows) <= 100


def test_a_column_that_is_no_number_is_none(tmp_path):
    file = tmp_path / "x.csv"
    rows = ("time,heat,note", "2024-03-01,5,fine", "2024-03-02,,fine", '2024-03-03,"6,5",fine')
    file.write_text("".join(f"{row}\n" for row in rows))
    _, columns, _ = tables.readings(file)
    assert list(columns) == ["heat"] and columns["heat"][::2] == [5.0, 6.5]

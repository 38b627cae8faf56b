"""Recorded data goes in as it lies there, and what the agent made of it comes out."""

import json
import math
import random
from pathlib import Path

import pytest

from boards.compiler import compile_product
from sim.recorded import chart, recording
from sim.recorded.replay import Replay, generic_product

DATA = Path(__file__).parents[2] / "shared" / "data"


def written(folder, text, name="data.csv"):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def pump(folder, rows=900, breaks_at=700):
    """Two channels that belong together until the second one drops."""
    draw = random.Random(1)
    lines = ["time;Pressure Bar;flow;anomaly"]
    for row in range(rows):
        load = draw.gauss(0, 1)
        broken = row >= breaks_at
        pressure = 9 + 0.1 * load + draw.gauss(0, 0.02)
        flow = (0.8 if broken else 2) + 0.05 * load + draw.gauss(0, 0.02)
        stamp = 1_700_000_000 + row * 60
        lines.append(f"{stamp};{pressure:.3f};{flow:.3f};{int(broken)}")
    return written(folder, "\n".join(lines))


@pytest.mark.parametrize(
    "text",
    [
        "timestamp,value\n2014-03-07 03:41:00,1.5\n2014-03-07 03:46:00,2\n",
        "datetime;value\n2014-03-07T03:41:00Z;1,5\n2014-03-07T03:46:00Z;2,0\n",
        "value\tdate\n1.5\t2014.03.07.03.41.00\n2\t2014.03.07.03.46.00\n",
        "ts,value\n1394163660,1.5\n1394163960,2\n",
        "ts,value\n1394163660000,1.5\n1394163960000,2\n",
        ",when,value\n0,07.03.2014 03:41,1.5\n1,07.03.2014 03:46,2\n",
    ],
)
def test_separators_and_times_are_found(tmp_path, text):
    data = recording.read(written(tmp_path, text))
    assert data.times == [1394163660, 1394163960]
    assert data.columns["value"] == [1.5, 2.0]
    assert data.period_s == 300


def test_gaps_disorder_and_labels_are_kept(tmp_path):
    text = "time,a,b,anomaly\n10,1,x,0\n20,,y,1\n15,3,z,1\n30,4,w,0\n"
    data = recording.read(written(tmp_path, text))
    assert data.times == [10, 15, 20, 30]
    assert data.disorder == 1
    assert list(data.columns) == ["a"]
    assert data.columns["a"][1] == 3 and math.isnan(data.columns["a"][2])
    assert data.labels == {"anomaly": [1, 2]}


def test_rows_out_of_order_are_put_in_order_and_told(tmp_path):
    lines = [f"{60 * row},{row % 5}" for row in (1, 2, 9, 3, 4, 5, 6, 7, 8)]
    data = recording.read(written(tmp_path, "time,a\n" + "\n".join(lines)))
    assert data.times == [60 * row for row in range(1, 10)] and data.disorder == 6
    assert "9 rows (6 of them out of order or without a time)" in chart.render(Replay(
        data, None, {}).run())


@pytest.mark.parametrize("labels", ["{oops", "[1]", '{"r.csv": [["x", "y"]]}'])
def test_labels_that_are_none_are_refused(tmp_path, labels):
    (tmp_path / "labels.json").write_text(labels)
    with pytest.raises(recording.RecordingError, match=r"labels\.json: not windows of files"):
        recording.read(written(tmp_path, "time,a\n1,2\n2,3\n"), tmp_path / "labels.json")


def test_a_channel_that_the_recording_does_not_have_is_not_doubted(tmp_path):
    lines = [f"{600 * row},{92 + row % 3}" for row in range(300)]
    data = recording.read(written(tmp_path, "time,boiler_temp_c\n" + "\n".join(lines)))
    replayed = Replay(data, compile_product(Path("boards/products/coffee_machine.toml")), {}).run()
    assert not [each.monitor for each in replayed.stretches if each.monitor.startswith("stock_")]


@pytest.mark.parametrize("text", ["a,b\n1.5,x\n", "time,b\n1,x\n2,y\n", "time,value\n"])
def test_a_file_without_times_or_numbers_is_refused(tmp_path, text):
    with pytest.raises(recording.RecordingError):
        recording.read(written(tmp_path, text))


def test_a_file_that_is_no_text_is_not_shown_on_the_terminal(tmp_path):
    file = tmp_path / "x.csv"
    file.write_bytes(b"time,\x1b[2J\x00\n1,2\n")
    with pytest.raises(recording.RecordingError, match=r"x\.csv: not a text file"):
        recording.read(file)


@pytest.mark.parametrize(
    ("column", "name"),
    [("Volume Flow RateRMS", "volume_flow_rate_rms"), ("°C", "c"), ("1st", "c_1st"), ("a", "a")],
)
def test_headings_become_names(column, name):
    assert recording.channel_name(column) == name


def test_a_change_is_found_by_a_made_up_product(tmp_path):
    data = recording.read(pump(tmp_path))
    result = Replay(data, None, {}).run()
    found = [s for s in result.stretches if 700 <= s.first < 800]
    assert found and any(s.monitor == "joint" for s in found)
    assert all(len(scores) == 900 for scores in result.scores.values())
    told = result.as_dict()
    assert json.loads(json.dumps(told)) == told
    assert told["cases"], "a finding nobody is told of helps nobody"


def test_the_page_holds_everything_and_needs_no_network(tmp_path):
    data = recording.read(pump(tmp_path))
    data.name = "<b>.csv"
    text = chart.render(Replay(data, None, {}).run())
    for unsafe in ("<b>", "http://", "https://", "src="):
        assert unsafe not in text.replace("http://www.w3.org/2000/svg", "")
    start = text.index('type="application/json">') + len('type="application/json">')
    embedded = json.loads(text[start : text.index("</script>", start)])
    assert len(embedded["charts"]) == 2 + 3
    assert {band["kind"] for band in embedded["bands"]} >= {"label", "raised", "confirmed"}


def test_a_mapping_that_cannot_be_is_refused(tmp_path):
    data = recording.read(pump(tmp_path))
    for given in ({"flow": "nowhere"}, {"nothing": "flow"}):
        with pytest.raises(recording.RecordingError, match="there are"):
            Replay(data, None, given)


def test_numbers_of_any_size_fit_the_made_up_product(tmp_path):
    text = "time,a\n" + "\n".join(f"{i * 60},{10.0**i}" for i in range(1, 12))
    product = generic_product(recording.read(written(tmp_path, text)))
    assert product["channels"][0]["scale"] == 1
    assert product["channels"][0]["evidence"] == 0


@pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not here")
@pytest.mark.parametrize("name", ["skab/valve1/1.csv", "nab/realKnownCause/nyc_taxi.csv"])
def test_public_data_replays(name):
    labels = DATA / "nab" / "windows.json" if name.startswith("nab") else None
    data = recording.read(DATA / name, labels)
    result = Replay(data, None, {}).run()
    assert result.stretches
    assert data.labels or data.windows

"""The agent fits its flash, and no module grows unseen."""

import sizes


def test_every_module_is_within_its_record():
    assert sizes.grown(sizes.measure(), sizes.record()) == []


def test_the_sum_is_held_as_well():
    measured = sizes.measure()
    modules = {name: size for name, size in measured.items() if name != sizes.WHOLE}
    assert measured[sizes.WHOLE] == sum(modules.values())
    assert sizes.WHOLE in sizes.record(), "without it, the sum could grow unseen"


def test_growth_is_named():
    [line] = sizes.grown({"agent/a.py": 12}, {"agent/a.py": 10})
    assert line == "agent/a.py: 12 bytes, 10 are allowed (+2)"
    assert sizes.grown({"agent/a.py": 9}, {"agent/a.py": 10}) == []


def test_new_and_gone_modules_are_named():
    found = sizes.grown({"agent/new.py": 1}, {"agent/old.py": 1})
    assert [line.split(":")[0] for line in found] == ["agent/new.py", "agent/old.py"]


def test_the_ratchet_only_turns_down(tmp_path):
    record = tmp_path / "sizes.toml"
    sizes.write(sizes.lowered({"a": 12, "b": 8, "c": 5}, {"a": 10, "b": 10, "gone": 1}), record)
    assert sizes.record(record) == {"a": 10, "b": 8, "c": 5}


def test_measure_counts_bytes_of_bytecode(tmp_path):
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent" / "small.py").write_text("x = 1\n")
    (tmp_path / "agent" / "large.py").write_text("x = 'a long text that must be stored'\n" * 20)
    measured = sizes.measure(tmp_path)
    assert 10 < measured["agent/small.py"] < measured["agent/large.py"]

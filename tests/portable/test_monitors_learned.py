"""What joint, onset and life promise by themselves; test_monitors has what all monitors promise."""

from monitor_streams import LIFE_WEIGHTS, Noise, joint_stream, life_stream, onset_stream, run

from agent.sense.monitors.joint import Joint, invert
from agent.sense.monitors.life import TERMS, Life
from agent.sense.monitors.onset import Onset


def test_joint_inverts_what_it_is_given():
    rows = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]
    inverse = [row[:] for row in rows]
    invert(inverse)
    for i in range(3):
        for j in range(3):
            product = sum([rows[i][k] * inverse[k][j] for k in range(3)])
            assert abs(product - (i == j)) < 1e-9


def test_joint_blames_the_channel_that_broke():
    monitor = Joint({})
    run(monitor, joint_stream(True))
    shares = dict(monitor.blame())
    assert shares[1] > 0.5, shares
    assert abs(sum(shares.values()) - 1) < 1e-6
    assert dict(monitor.why())["channel"] == 1


def test_joint_sees_a_broken_relation_that_no_channel_shows_alone():
    """Each channel stays in its own usual range; only together are they wrong."""
    def stream(faulty):
        noise = Noise(11)
        for i in range(1600):
            load = noise.normal()
            opposite = -load if faulty and i >= 800 else load
            yield [load + 0.05 * noise.normal(), opposite + 0.05 * noise.normal()], i

    assert not any(run(Joint({}), stream(False)))
    alarms = run(Joint({}), stream(True))
    assert not any(alarms[:800]) and any(alarms[800:900])


def test_joint_takes_any_number_of_channels_up_to_its_room():
    for width in (1, 2, 3, 5, 8):
        monitor = Joint({})
        noise = Noise(12 + width)
        for i in range(700):
            assert not monitor.update([noise.normal() for _ in range(width)], i), (width, i)
        assert 4 * len(monitor.state) == 256
        assert any(run(monitor, [([9.0] * width, 700 + i) for i in range(50)])), width


def test_joint_stays_finite_when_channels_are_constant_or_equal():
    monitor = Joint({})
    noise = Noise(13)
    for i in range(800):
        value = noise.normal()
        monitor.update([value, value, 32.0, 0.0], i)
        assert monitor.score == monitor.score and monitor.score < 1e6
    assert not monitor.alarm
    still = Joint({})
    assert not any(run(still, [([5.0, 7.0], i) for i in range(800)]))


def test_joint_survives_one_wild_reading():
    monitor = Joint({})
    for values, at in joint_stream(False):
        wild = [2.0, 1e6, 230.0, 80.0]
        assert not monitor.update(wild if at == 700 else values, at), at


def test_joint_does_not_learn_the_fault():
    monitor = Joint({})
    assert all(run(monitor, joint_stream(True, 6000))[3100:])


def test_joint_says_how_far_its_learning_is():
    monitor = Joint({"learn": 50, "calibrate": 20})
    run(monitor, joint_stream(False, 30))
    assert monitor.why() == [("learning", 30)]


def test_onset_is_for_good_until_the_level_is_back():
    monitor = Onset({})
    run(monitor, onset_stream(True))
    partly = [([0.06 * 1.08], 10**6 + i * 600) for i in range(200)]
    assert run(monitor, partly)[-1]
    assert not run(monitor, [([0.06], 2 * 10**6 + i * 600) for i in range(400)])[-1]


def test_onset_does_not_mind_small_change_or_wild_readings():
    noise = Noise(15)
    monitor = Onset({})
    for i in range(1500):
        value = 1 + 0.01 * noise.normal() + (0.06 if i > 500 else 0)
        assert not monitor.update([50.0 if i == 700 else value], i), i


def test_onset_looks_down_when_told():
    down, up = Onset({"direction": -1}), Onset({})
    for values, at in onset_stream(True):
        down.update([2 - values[0] / 0.06], at)
        assert not up.update([2 - values[0] / 0.06], at), at
    assert down.alarm


def test_life_tells_the_weights_cubic():
    """All inputs but one are made one by hand: then the sum of the weights is the answer."""
    monitor = Life({"weights": [1.0, 0.0] + [0.5] * TERMS, "age": 1, "cap": 1000})
    monitor.update([1.0], 0)
    monitor.update([1.0], 3600)
    assert dict(monitor.why())["left"] == 0.5 * TERMS
    assert dict(monitor.why())["used"] == 2


def test_life_counts_units_of_use_however_often_it_is_read():
    monitor = Life({"weights": LIFE_WEIGHTS, "unit_s": 3600})
    run(monitor, (([9000, 5], i * 600) for i in range(60)))
    assert dict(monitor.why())["used"] == 10


def test_life_has_no_verdict_before_it_knows_where_it_began():
    monitor = Life({"weights": LIFE_WEIGHTS, "new": 30, "horizon": 80})
    assert not any(run(monitor, life_stream(False, 29)))
    assert monitor.eta_s() is None and monitor.score == 0
    monitor.update([9000, 5], 29 * 3600)
    assert monitor.alarm and 0 < monitor.eta_s() < 80 * 3600

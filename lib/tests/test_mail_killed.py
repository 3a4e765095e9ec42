"""A sender killed at any point: nobody gets a review twice, and what may have gone is told, never guessed."""

import itertools
import os
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_server import HANG, authority, serving
from posting import EVERYONE, environment, ledger, nursery, project

LEADERSHIP = EVERYONE[:2]
STAGES = ("GREETING", "EHLO", "STARTTLS", "EHLO2", "AUTH", "MAIL", "RCPT", "DATA", "BODY", "END", "ANSWER", "QUIT")
UNKNOWN = "It is not known whether it reached"


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def people():
    yield from nursery()


def test_a_sender_killed_before_any_step_doubles_nothing(people, signer, tmp_path):
    """Before every step that touches the ledger or the server, one after the other, until none is left to be killed."""
    fates = []
    with serving(signer) as office:
        for fuse in itertools.count():
            folder = project(tmp_path / str(fuse))
            office.received.clear()
            _, done = people.post(folder, environment(office, signer), fuse=fuse)
            if done is not None:
                break
            gone = office.copies(LEADERSHIP[0])
            said, done = people.post(folder, environment(office, signer))
            copies = {office.copies(address) for address in LEADERSHIP}
            is_told = UNKNOWN in said[0]
            assert copies <= {0, 1} and len(copies) == 1 and done is not is_told
            assert copies == {1} or is_told
            fates.append("unknown" if is_told else "stood" if gone else "sent anew")
    assert done is True and len(fates) > 25
    assert [fate for fate, _ in itertools.groupby(fates)] == ["sent anew", "unknown", "stood"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_sender_killed_while_the_server_is_at_a_stage(people, signer, tmp_path, stage):
    folder = project(tmp_path / "project")
    with serving(signer) as office:
        office.plan[stage] = lambda: os.kill(int((folder / "pid").read_text()), signal.SIGKILL)
        assert people.post(folder, environment(office, signer))[1] is None
        office.plan.clear()
        said, done = people.post(folder, environment(office, signer))
        again, _ = people.post(folder, environment(office, signer))
    copies = [office.copies(address) for address in LEADERSHIP]
    if stage in ("END", "ANSWER"):
        assert copies == [1, 1] and done is False and UNKNOWN in said[0] and UNKNOWN in again[0]
        assert ledger(folder)["leadership"]["state"] == "sending"
    else:
        assert copies == [1, 1] and done is True
        assert again[0].startswith("leadership: nothing left to send. This review was sent on ")


def test_force_sends_what_may_have_gone_and_nothing_else(people, signer, tmp_path):
    folder = project(tmp_path / "project")
    with serving(signer, END=HANG, **{LEADERSHIP[1]: "550 5.1.1 no such user"}) as office:
        assert people.post(folder, environment(office, signer))[1] is False
        office.plan.clear()
        assert people.post(folder, environment(office, signer))[1] is False  # the refused one alone
        assert [office.copies(address) for address in LEADERSHIP] == [0, 1]
        assert people.post(folder, environment(office, signer), force=True)[1] is True
        people.post(folder, environment(office, signer), force=True)
    assert [office.copies(address) for address in LEADERSHIP] == [1, 1]


def test_forced_and_killed_before_the_end_it_is_still_unknown(people, signer, tmp_path):
    folder = project(tmp_path / "project")
    with serving(signer, ANSWER=HANG) as office:
        assert people.post(folder, environment(office, signer))[1] is False
        for stage in ("AUTH", "BODY"):
            office.plan = {stage: lambda: os.kill(int((folder / "pid").read_text()), signal.SIGKILL)}
            assert people.post(folder, environment(office, signer), force=True)[1] is None
        office.plan = {"MAIL": "451 4.3.0 later"}
        assert people.post(folder, environment(office, signer), force=True)[1] is False
        office.plan = {}
        said, done = people.post(folder, environment(office, signer))
    assert done is False and UNKNOWN in said[0]
    assert [office.copies(address) for address in LEADERSHIP] == [1, 1]


step = st.one_of(
    st.integers(0, 40).map(lambda fuse: {"fuse": fuse}),
    st.tuples(
        st.sampled_from([*STAGES, *LEADERSHIP]), st.sampled_from([HANG, "451 4.3.0 later", "554 5.3.0 no"])
    ).filter(
        lambda pair: pair[0] != "ANSWER" or pair[1] == HANG  # a server that takes a message and denies it
    ),
)


@settings(max_examples=12)
@given(st.lists(step, min_size=1, max_size=4))
def test_whatever_happens_nobody_gets_a_review_twice(people, signer, tmp_path_factory, steps):
    folder = project(tmp_path_factory.mktemp("any") / "project")
    with serving(signer) as office:
        for step in steps:
            office.plan = {} if isinstance(step, dict) else dict([step])
            people.post(folder, environment(office, signer), **(step if isinstance(step, dict) else {}))
        office.plan = {}
        said, done = people.post(folder, environment(office, signer))
    known = ledger(folder)["leadership"]["recipients"]
    for address in LEADERSHIP:
        assert office.copies(address) == 1 or (office.copies(address) == 0 and known[address]["outcome"] == "sending")
    assert done is not (UNKNOWN in said[0])

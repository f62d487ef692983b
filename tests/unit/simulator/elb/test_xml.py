from xml.etree import ElementTree as ET

from nomad_console.simulator.elb.xml import failure, render, structures, success, texts


def test_values_become_elements() -> None:
    value = {"A": [1, "x"], "B": True, "C": None, "D": {"E": ""}, "F": []}
    xml = render("R", value)
    assert xml == (
        "<R><A><member>1</member><member>x</member></A><B>true</B><D><E></E></D><F></F></R>"
    )


def test_hostile_text_stays_text() -> None:
    xml = success("Do", {"Name": "<b>&\x1b[31m\x00"}, "urn:x", "r")
    assert ET.fromstring(xml).findtext(".//{urn:x}Name") == "<b>&\ufffd[31m\ufffd"  # noqa: S314 — ours


def test_an_error_names_who_is_at_fault() -> None:
    assert "<Type>Sender</Type><Code>X</Code>" in failure("X", "m", 400, "urn:x", "r")
    assert "<Type>Receiver</Type>" in failure("X", "m", 500, "urn:x", "r")


def test_flat_forms_are_read_in_order() -> None:
    form = {
        "Names.member.2": "b",
        "Names.member.1": "a",
        "Names.member.x": "no",
        "Targets.member.2.Id": "i-2",
        "Targets.member.1.Id": "i-1",
        "Targets.member.1.Port": "80",
    }
    assert texts(form, "Names") == ["a", "b"]
    assert structures(form, "Targets") == [{"Id": "i-1", "Port": "80"}, {"Id": "i-2"}]
    assert structures(form, "None") == []

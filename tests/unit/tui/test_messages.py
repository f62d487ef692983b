"""Messages carry what happened."""

from nomad_console.tui.messages import DetailAsked, Said, UpgradeAsked


def test_messages_bubble_to_whoever_is_concerned() -> None:
    messages = [UpgradeAsked(("n1",)), DetailAsked("nodes", "n1"), Said("x")]
    assert all(message.bubble for message in messages)
    assert Said("x") == Said("x", bad=False)

"""What Nomad answers when it will not do what was asked."""


class Refusal(Exception):
    """One refused call: the HTTP status and the plain text a Nomad agent answers with."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text

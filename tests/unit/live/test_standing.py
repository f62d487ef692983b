from nomad_console.domain.backend import Backend, Lack
from nomad_console.domain.rights import Credential, Verdict
from nomad_console.domain.snapshot import SourceName
from nomad_console.live.standing import Standing

NOMAD = SourceName.NOMAD


class Touched:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def test_what_a_backend_is_comes_piece_by_piece() -> None:
    touched = Touched()
    standing = Standing(touched)
    standing.await_backend(NOMAD)
    before = standing.backends
    standing.put_lack(NOMAD, Lack.PAGES)
    standing.put_lack(NOMAD, Lack.EVENT_STREAM)
    standing.put_lack(NOMAD, Lack.EVENT_STREAM)
    standing.put_version(NOMAD, "1.9.3")
    standing.put_lack(NOMAD, Lack.EVENT_STREAM, lacking=False)
    assert standing.backends[NOMAD] == Backend("1.9.3", frozenset({Lack.PAGES}))
    assert before[NOMAD] == Backend(pending=True)
    assert touched.count == 5


def test_the_stream_shows_what_may_be_read_everywhere() -> None:
    standing = Standing(Touched())
    assert standing.every_namespace is None
    standing.put_rights(NOMAD, Credential(everywhere=Verdict.YES))
    assert standing.every_namespace is None
    standing.put_every_namespace(readable=False)
    assert standing.every_namespace is False


def test_without_a_stream_the_tokens_record_counts() -> None:
    standing = Standing(Touched())
    standing.put_lack(NOMAD, Lack.EVENT_STREAM)
    assert standing.every_namespace is None
    standing.put_rights(NOMAD, Credential(pending=True))
    assert standing.every_namespace is None
    for verdict in Verdict:
        standing.put_rights(NOMAD, Credential(everywhere=verdict))
        assert standing.every_namespace is (verdict is Verdict.YES)
    standing.put_every_namespace(readable=True)
    assert standing.every_namespace is True
    standing.put_every_namespace(readable=None)
    assert standing.every_namespace is False

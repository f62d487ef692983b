from nomad_console.clients.lacks import Lacks
from nomad_console.domain.backend import Lack


def test_each_lack_is_told_once_and_late_followers_hear_all() -> None:
    lacks, early, late = Lacks(), list[Lack](), list[Lack]()
    lacks.follow(early.append)
    lacks.add(Lack.PAGES)
    lacks.add(Lack.FILTERS)
    lacks.add(Lack.PAGES)
    lacks.follow(late.append)
    assert early == [Lack.PAGES, Lack.FILTERS]
    assert late == [Lack.FILTERS, Lack.PAGES]
    assert Lack.PAGES in lacks
    assert Lack.WILDCARD not in lacks

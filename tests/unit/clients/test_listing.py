from nomad_console.clients.listing import Listing


def test_a_listing_alone_is_the_last_page_of_no_index() -> None:
    assert Listing(("a",)) == Listing(("a",), 0, "")

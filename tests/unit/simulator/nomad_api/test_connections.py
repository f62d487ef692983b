from tests.support.nomad_http import NomadLab
from tests.support.nomad_sockets import on_socket
from tests.support.recorded import recorded


async def test_one_connection_too_many_is_told_so_and_cut() -> None:
    call = recorded("nomad/error-429-too-many-connections.json")
    expected = call["raw_answer"].partition("ConnectionResetError")[0].encode()
    async with on_socket(NomadLab(settled=False), limit=3) as socket:
        wires = [await socket.get("/v1/status/leader") for _ in range(3)]
        for wire in wires:
            assert (await wire.head())[0] == "http/1.1 200 ok"
        assert await (await socket.connect()).rest() == expected
        await wires[0].close()
        while socket.connections.open["127.0.0.1"] > 2:
            wires[1].ask("/v1/nope")
            await wires[1].head()
        assert (await (await socket.get("/v1/status/leader")).head())[0] == "http/1.1 200 ok"


async def test_event_streams_do_not_count() -> None:
    async with on_socket(NomadLab(settled=False), limit=2) as socket:
        for _ in range(5):
            stream = await socket.get("/v1/event/stream?topic=Node")
            assert (await stream.head())[0] == "http/1.1 200 ok"
        assert socket.connections.open["127.0.0.1"] == 0
        assert (await (await socket.get("/v1/status/leader")).head())[0] == "http/1.1 200 ok"

"""The frozen values that the rest of the console is built from."""

import msgspec

from nomad_console.domain.policy import Policy


class Secret:
    """A token or key that no repr, format or join gives away; only `reveal` does."""

    __slots__ = ("_value",)

    def __init__(self, value: str = "") -> None:
        self._value = value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret(***)" if self._value else "Secret()"

    def reveal(self) -> str:
        return self._value


class Tls(msgspec.Struct, frozen=True):
    """Paths of PEM files; "" where not given. `skip_verify` is said aloud wherever it is on."""

    ca_file: str = ""
    ca_path: str = ""
    cert_file: str = ""
    key_file: str = ""
    server_name: str = ""
    skip_verify: bool = False


class NomadSettings(msgspec.Struct, frozen=True):
    """`namespace` "*" is every namespace the token may see."""

    address: str = "http://127.0.0.1:4646"
    token: Secret = Secret()
    region: str = ""
    namespace: str = "*"
    tls: Tls = Tls()


class ConsulSettings(msgspec.Struct, frozen=True):
    address: str = "http://127.0.0.1:8500"
    token: Secret = Secret()
    datacenter: str = ""
    tls: Tls = Tls()


class AwsSettings(msgspec.Struct, frozen=True):
    """Credentials are boto3's affair. `target_groups` are names or ARNs; empty: discover them."""

    region: str
    endpoint_url: str = ""
    profile: str = ""
    target_groups: tuple[str, ...] = ()


class EdgeSettings(msgspec.Struct, frozen=True):
    """`api` may hold {name} and {address} of a node; `job` is the edge's system job.

    `notice_s`: how long it needs to notice that an instance left Consul. Traefik with `watch` takes
    its providersThrottleDuration twice, 4 s; without it up to its refreshInterval more.
    `longest_request_s`: what a balancer's deregistration delay has to outlast.
    """

    api: str = ""
    job: str = ""
    notice_s: float = 4.0
    longest_request_s: float = 60.0


class HostSettings(msgspec.Struct, frozen=True):
    """The command of the host step, without a shell; "" arguments never arise. Seconds."""

    command: tuple[str, ...] = ()
    time_limit_s: float = 900.0


class ProbeSettings(msgspec.Struct, frozen=True):
    urls: tuple[str, ...] = ()
    rate: float = 5.0


class Missing(msgspec.Struct, frozen=True):
    """A backend that is not configured: why, and what to set."""

    reason: str
    hint: str


class ClusterSettings(msgspec.Struct, frozen=True):
    """Everything about one cluster. `colour` is a name that the theme knows."""

    name: str
    label: str
    nomad: NomadSettings
    consul: ConsulSettings | Missing
    aws: AwsSettings | Missing
    colour: str = "blue"
    read_only: bool = False
    edge: EdgeSettings = EdgeSettings()
    host: HostSettings = HostSettings()
    probe: ProbeSettings = ProbeSettings()
    policy: Policy = Policy()

    @property
    def unverified(self) -> tuple[str, ...]:
        """The backends whose certificates are not verified, by name."""
        asked = {"nomad": self.nomad.tls}
        if not isinstance(self.consul, Missing):
            asked["consul"] = self.consul.tls
        return tuple(name for name, tls in asked.items() if tls.skip_verify)

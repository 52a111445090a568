"""One Elasticsearch node made of its published jars, behind a proxy that demands TLS and an API key as the full product does."""

import base64
import http.client
import ssl
import sys
from functools import cached_property
from pathlib import Path

from tests.services import certificate
from tests.services.endpoints import ElasticEndpoint
from tests.services.engine import Engine, http_answers, plain
from tests.services.program import Program

HEAP = ("-Xms256m", "-Xmx1g")
QUICK = "-XX:TieredStopAtLevel=1"  # starts in half the time; what runs for hours wants the second compiler
JVM = (
    "-XX:+UseG1GC",
    "-XX:+ExitOnOutOfMemoryError",
    "-Dfile.encoding=UTF-8",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
    "-Dlog4j2.disable.jmx=true",
    "-Dlog4j2.formatMsgNoLookups=true",
    "-Dio.netty.noUnsafe=true",
    "-Dio.netty.noKeySetOptimization=true",
    "-Dio.netty.recycler.maxCapacityPerThread=0",
    "-Dnetworkaddress.cache.ttl=60",
    "-Dorg.elasticsearch.nativeaccess.enableVectorLibrary=false",  # its machine code is not among the published jars
)


class Elastic(Engine):
    """A node in ``folder``/data on loopback without security, and the proxy in front of it, which is what a client is given.

    Not ``lasting``, it starts quickly and never becomes as fast as one that is to run for long.
    """

    name = "elasticsearch"

    def __init__(self, folder: Path, built: Path, java: Path, lasting: bool = True) -> None:
        super().__init__(folder)
        self._built, self._java, self._lasting = built, java, lasting
        self._certificate, self._private_key = folder.resolve() / "ca.pem", folder.resolve() / "key.pem"

    @property
    def endpoint(self) -> ElasticEndpoint:
        return ElasticEndpoint(f"https://127.0.0.1:{self._port('port')}", self._api_key, self._certificate)

    @property
    def node_url(self) -> str:
        """The bare node, for tests that look behind the proxy."""
        return f"http://127.0.0.1:{self._port('node')}"

    @property
    def _api_key(self) -> str:
        return base64.b64encode(f"sijill:{self._secret('api_key')}".encode()).decode()

    @cached_property
    def _programs(self) -> tuple[Program, ...]:
        script = Path(__file__).with_name("tls_proxy.py")
        proxy = [sys.executable, "-I", script, self._port("port"), self._certificate, self._private_key, self.node_url]
        return Program(self._node(), self.log), Program([str(part) for part in proxy], self.log, {"API_KEY": self._api_key})

    def _node(self) -> list[str]:
        home, data = self._built / "home", self.folder.resolve() / "data"
        settings = {
            "path.home": home,
            "path.data": data,
            "path.logs": data / "logs",
            "cluster.name": "sijill-test",
            "node.name": "node",
            "discovery.type": "single-node",
            "network.host": "127.0.0.1",
            "http.port": self._port("node"),
            "transport.port": self._port("transport"),
            # a developer's nearly full disk is no reason to refuse a test's few documents
            "cluster.routing.allocation.disk.threshold_enabled": "false",
        }
        start = [
            str(self._java),
            *HEAP,
            *([] if self._lasting else [QUICK]),
            *JVM,
            f"-Djava.io.tmpdir={self.folder.resolve()}",
            f"-Des.path.home={home}",
        ]
        return [*start, "-cp", f"{self._built}/cp/*", "EsNode", *(f"{name}={value}" for name, value in settings.items())]

    def _prepare(self) -> None:
        if not self._certificate.exists():
            certificate.make(self._certificate, self._private_key)

    def _ask(self) -> None:
        http_answers(plain(self._port("node")), "/_cluster/health?wait_for_status=yellow&timeout=1s")
        trusted = ssl.create_default_context(cafile=str(self._certificate))
        secure = http.client.HTTPSConnection("127.0.0.1", self._port("port"), timeout=5, context=trusted)
        http_answers(secure, "/", {"Authorization": f"ApiKey {self._api_key}"})

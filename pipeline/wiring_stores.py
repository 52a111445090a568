"""What stands behind the URLs of the settings: catalogue, bytes and index; clients of engines are imported only where one is named."""

from pathlib import Path

from pipeline.catalogue.database import Database
from pipeline.errors import Usage
from pipeline.ports import BlobStore, Rebuild, SearchIndex
from pipeline.settings import Settings
from pipeline.storage.filesystem import FileBlobs
from search.fts5 import Fts5Index


def catalogue_database(settings: Settings) -> Database:
    """Where the record is, its schema not looked at yet."""
    return Database(settings.catalogue_url, password=settings.catalogue_password.get_secret_value(), ca_file=settings.ca_file)


def blob_store(settings: Settings, writing: bool = False) -> BlobStore:
    """Where the bytes are; for who is going to write, seen to be what it promises. Raises Usage (bad-setting, store-not-locking …)."""
    if not settings.blobs_url.startswith("s3:"):
        return FileBlobs(_path(settings.blobs_url, "file", "SIJILL_BLOBS", "s3:http(s)://HOST/BUCKET"))
    from pipeline.storage.s3 import S3Blobs
    from pipeline.storage.s3_client import connect

    secret = settings.s3_secret_key.get_secret_value()
    client, bucket, prefix = connect(settings.blobs_url, settings.s3_access_key, secret, settings.ca_file)
    store = S3Blobs(client, bucket, prefix, settings.s3_retention_days)
    if writing:
        store.probe()
    return store


def search_index(settings: Settings, create: bool = False) -> SearchIndex:
    """Raises Damaged (index-missing, index-damaged, index-outdated), Unavailable."""
    if not _is_web(settings.index_url):
        path = _path(settings.index_url, "sqlite", "SIJILL_INDEX", "http(s)://HOST/NAME")
        if create:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # nothing else may be kept on this machine
        return Fts5Index(path, create)
    from search.elastic import ElasticIndex

    return ElasticIndex(settings.index_url, settings.index_key.get_secret_value(), settings.ca_file, create)


def index_rebuild(settings: Settings) -> Rebuild:
    """A new index, begun beside whatever is there. Raises Unavailable (index-busy …)."""
    if not _is_web(settings.index_url):
        return Fts5Index.rebuild(_path(settings.index_url, "sqlite", "SIJILL_INDEX", "http(s)://HOST/NAME"))
    from search.elastic import ElasticIndex

    return ElasticIndex.rebuild(settings.index_url, settings.index_key.get_secret_value(), settings.ca_file)


def _is_web(url: str) -> bool:
    return url.startswith(("http:", "https:"))


def _path(url: str, scheme: str, setting: str, other: str) -> Path:
    found, _, rest = url.partition(":")
    if found != scheme or not rest:
        raise Usage("bad-setting", f"{setting} takes {scheme}:PATH or {other}, not {found}:…")
    return Path(rest)

"""The Prefect server: its passwords from files, not from the environment that `docker inspect` shows; TLS; its database on PostgreSQL."""

import os
from pathlib import Path

import uvicorn

SECRETS = Path("/run/secrets")
PORT = 4200
SETTINGS = {
    "PREFECT_SERVER_API_AUTH_STRING": "login",
    "PREFECT_SERVER_DATABASE_PASSWORD": "database_password",
}
"""Variables and the files they are read from."""


def main() -> None:
    os.environ |= {name: (SECRETS / file).read_text(encoding="ascii") for name, file in SETTINGS.items()}
    from prefect.server.api.server import create_app  # noqa: PLC0415  # reads its settings as it is loaded

    uvicorn.run(
        create_app(final=True), host="0.0.0.0", port=PORT, log_level="warning", access_log=False,  # noqa: S104  # of the container
        ssl_certfile=SECRETS / "server.pem", ssl_keyfile=SECRETS / "server.key", timeout_graceful_shutdown=5,
    )  # fmt: skip


if __name__ == "__main__":
    main()

# The image of everything of Sijill's own: commands, workers, the Prefect server, the steps that make secrets and accounts.
# The base is a tag and no digest: Debian's security updates come in when it is built again (docker compose build --pull).
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
ARG UV_VERSION=0.13.8
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
    UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PROJECT_ENVIRONMENT=/opt/sijill
RUN apt-get update \
 && apt-get install -y -q --no-install-recommends ca-certificates python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir "uv==${UV_VERSION}"
WORKDIR /src
COPY pyproject.toml uv.lock ./
RUN /opt/uv/bin/uv sync --frozen --no-install-project
COPY README.md LICENSE ./
COPY pipeline pipeline
COPY flows flows
COPY search search
COPY ocr_models ocr_models
RUN /opt/uv/bin/uv sync --frozen --no-editable

FROM ${BASE}
RUN apt-get update \
 && apt-get install -y -q --no-install-recommends ca-certificates python3 tesseract-ocr tesseract-ocr-ara tesseract-ocr-script-arab \
    poppler-utils tini \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 1000 sijill && useradd --uid 1000 --gid 1000 --create-home --shell /usr/sbin/nologin sijill \
 # A new volume takes the owner and mode of the folder it is mounted on: these make the volumes of docker-compose.yml ours, without root.
 && install -d -m 0700 -o sijill -g sijill /archive /scratch /volumes /volumes/keep /volumes/s3 /volumes/postgres /volumes/elasticsearch \
    /volumes/prefect /volumes/sijill /volumes/worker /volumes/people /volumes/s3-data
COPY --from=build /opt/sijill /opt/sijill
COPY compose /opt/compose
ENV PATH=/opt/sijill/bin:$PATH LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 SIJILL_HOME=/archive TMPDIR=/scratch \
    PREFECT_HOME=/tmp/prefect DO_NOT_TRACK=1 ORT_DISABLE_TELEMETRY=1
USER sijill
WORKDIR /archive
ENTRYPOINT ["tini", "--", "sijill"]
CMD ["--help"]

#!/bin/sh
# The first start lays the cluster out, sets the superuser's password from its file and runs what lies in docker-entrypoint-initdb.d.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  export POSTGRES_USER="${POSTGRES_USER:-postgres}"
  mkdir -p "$PGDATA"
  # shellcheck disable=SC2086  # several arguments
  initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" ${POSTGRES_INITDB_ARGS:-}
  PGPASSWORD="$(cat "$POSTGRES_PASSWORD_FILE")"
  export PGPASSWORD
  shift   # "postgres": the rest are its options, which hold meanwhile too
  pg_ctl -D "$PGDATA" -o "$* -c listen_addresses=''" -w start
  for script in /docker-entrypoint-initdb.d/*.sh; do sh "$script"; done
  pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGPASSWORD
  set -- postgres "$@"
fi
exec "$@" -c listen_addresses='*'

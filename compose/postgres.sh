#!/bin/sh
# Run once by PostgreSQL's image as it lays out a new cluster: two databases, each with an owner who may enter no other.
set -eu
for name in sijill prefect; do
  # the password comes on standard input: an argument would stand in the list of processes
  psql --no-psqlrc -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -v name="$name" <<SQL
CREATE ROLE :"name" LOGIN PASSWORD '$(cat "/run/secrets/${name}_password")';
CREATE DATABASE :"name" OWNER :"name" ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done

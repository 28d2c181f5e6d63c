#!/bin/sh
# Makes a database `shop` for a reader `kai` (password `kai`) at the first start, and serves it.
set -eu
bin=/usr/lib/postgresql/15/bin
data=/tmp/postgres
if ! [ -s "$data/PG_VERSION" ]; then
  "$bin/initdb" --pgdata "$data" --auth-local trust --auth-host scram-sha-256 --encoding UTF8 >/dev/null
  echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
  "$bin/pg_ctl" --pgdata "$data" --options "-c listen_addresses= -c unix_socket_directories=/tmp" --wait start >/dev/null
  "$bin/psql" -q -h /tmp -d postgres -v ON_ERROR_STOP=1 -c "CREATE ROLE kai LOGIN PASSWORD 'kai'" -c "CREATE DATABASE shop"
  "$bin/psql" -q -h /tmp -d shop -v ON_ERROR_STOP=1 <<'SQL'
CREATE TABLE sales (id int PRIMARY KEY, province text NOT NULL, amount numeric NOT NULL, sold_on date NOT NULL);
INSERT INTO sales SELECT n, (ARRAY['West Java', 'Bali', 'Aceh'])[1 + n % 3], n % 100, date '2026-01-01' + n % 90 FROM generate_series(1, 3000) n;
GRANT SELECT ON sales TO kai;
SQL
  "$bin/pg_ctl" --pgdata "$data" --wait stop >/dev/null
fi
exec "$bin/postgres" -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp

#!/bin/sh
# Brings the engine's two databases to the tables of this version of its tools; on the newest ones it changes nothing.
set -eu
tables=/etc/temporal/schema/postgresql/v12
for pair in temporal:temporal temporal_visibility:visibility; do
    database=${pair%%:*}
    temporal-sql-tool --db "$database" setup-schema --version 0.0
    temporal-sql-tool --db "$database" update-schema --schema-dir "$tables/${pair##*:}/versioned"
done

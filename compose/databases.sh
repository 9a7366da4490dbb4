#!/bin/sh
# Runs once, when PostgreSQL makes its data folder: the roles, and three databases that know nothing of each other.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres --dbname postgres \
    --set temporal="$TEMPORAL_PASSWORD" --set owner="$AMENDS_OWNER_PASSWORD" --set app="$AMENDS_APP_PASSWORD" <<'SQL'
CREATE ROLE temporal LOGIN PASSWORD :'temporal';
CREATE ROLE amends_owner LOGIN PASSWORD :'owner';
CREATE ROLE amends_app LOGIN PASSWORD :'app';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
-- Sorted by code point: the same order on every machine and after every upgrade of its C library.
CREATE DATABASE amends OWNER amends_owner ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
REVOKE ALL ON DATABASE temporal, temporal_visibility, amends FROM PUBLIC;
GRANT CONNECT ON DATABASE amends TO amends_app;
SQL

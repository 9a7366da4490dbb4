#!/bin/sh
# Makes the namespace, keeps the histories of closed cases for 90 days, and names what cases are searched by.
set -eu
namespace=default

until temporal operator cluster health; do
    echo "waiting for the engine"
    sleep 2
done
temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1 ||
    temporal operator namespace create --namespace "$namespace" --retention 90d
temporal operator namespace update --namespace "$namespace" --retention 90d

for attribute in ShopId=Keyword CaseStatus=Keyword AssigneeId=Keyword DueAt=Datetime Platform=Keyword; do
    # A new namespace takes a moment until every part of the engine knows it.
    until temporal operator search-attribute create --namespace "$namespace" \
        --name "${attribute%%=*}" --type "${attribute##*=}"; do
        sleep 2
    done
done

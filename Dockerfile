# syntax=docker/dockerfile:1

# ---- builder: the locked dependencies, checked against their hashes, into one folder
FROM python:3.12-slim AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements/base.txt /build/
RUN --mount=type=cache,target=/root/.cache/pip \
    pip wheel --require-hashes --requirement /build/base.txt --wheel-dir /build/wheels \
    && python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-index --no-deps /build/wheels/*.whl

# ---- final: Python, the dependencies and TamHub; runs as a user without rights
FROM python:3.12-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    TAMHUB_DATA=/data \
    STATIC_ROOT=/app/staticfiles \
    HOST=0.0.0.0 \
    PORT=8000
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin tamhub \
    && install --directory --owner=tamhub --mode=0700 /data
COPY --from=builder /opt/venv /opt/venv
WORKDIR /app
COPY . .
# The folder must exist before: only then the files get names that carry their hash.
RUN mkdir -p "$STATIC_ROOT" \
    && TAMHUB_DATA=/tmp/build python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q . \
    && rm -rf /tmp/build
USER tamhub
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "deploy/healthy.py", "http://127.0.0.1:8000/health/live"]
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "tamhub.wsgi"]

# The service as an image. Build: docker build -t evenhand .   Run: see compose.yaml.
# Debian's own Python, so that its security updates reach the image with the next build.
FROM debian:bookworm-slim AS build
ARG UV_VERSION=0.13.9
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/opt/evenhand
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev python3 python3-dev python3-venv \
    && python3 -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir uv==${UV_VERSION}
WORKDIR /src
# What changes seldom first: with the same lock the dependencies are taken from the cache.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN /opt/uv/bin/uv sync --locked --no-dev --extra telemetry --no-install-project
COPY . .
RUN /opt/uv/bin/uv sync --locked --no-dev --extra telemetry --no-editable

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data evenhand \
    && install -d -o evenhand -g evenhand -m 700 /data
COPY --from=build /opt/evenhand /opt/evenhand
ENV PATH=/opt/evenhand/bin:$PATH EVENHAND_DATA_DIR=/data PYTHONUNBUFFERED=1
USER evenhand
WORKDIR /data
# The keys, and with SQLite the database: keep them beyond the life of a container.
VOLUME /data
EXPOSE 8321
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8321/readyz', timeout=2)"]
ENTRYPOINT ["evenhand"]
CMD ["serve", "--host", "0.0.0.0"]

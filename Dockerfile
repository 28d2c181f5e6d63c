# The programs in containers: docker build --target session|agent|cli . See docs/OPERATIONS.md.
FROM swift:6.3-bookworm AS build
RUN apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
    libsqlite3-dev libcurl4-openssl-dev zlib1g-dev libpq-dev libxlsxwriter-dev pkg-config && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
WORKDIR /src
COPY Package.swift ./
COPY Sources Sources
COPY Benchmarks Benchmarks
COPY Tests Tests
# One at a time: a machine with two cores and little memory is enough. What was built before is kept for the next time.
RUN --mount=type=cache,target=/src/.build for product in kai-session kai-agent kaictl; do \
      swift build -c release --static-swift-stdlib --product "$product" || exit 1; \
      install -D -s ".build/release/$product" "/out/$product" || exit 1; \
    done

FROM debian:bookworm-slim AS base
RUN apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
    ca-certificates libstdc++6 zlib1g && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent kai

# kai-session: everything durable is in /data.
FROM base AS session
RUN apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends libsqlite3-0 libcurl4 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* && install -d -o kai -g kai -m 0700 /data /keys
COPY --from=build /out/kai-session /usr/local/bin/
ENV KAI_SESSION_DATA=/data KAI_SESSION_LISTEN=0.0.0.0:7411 KAI_SESSION_HTTP=0.0.0.0:7412
USER kai
EXPOSE 7411 7412 7443
HEALTHCHECK --interval=5s --timeout=6s --start-period=30s --retries=3 CMD ["kai-session", "--probe"]
ENTRYPOINT ["kai-session"]

# kai-agent: nothing durable. It has what charts need; Python and its sandbox are not in it.
FROM base AS agent
RUN apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
    libsqlite3-0 libcurl4 libpq5 libxlsxwriter4 librsvg2-bin fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* && install -d -o kai -g kai -m 0700 /results
COPY --from=build /out/kai-agent /usr/local/bin/
ENV KAI_AGENT_RESULTS=/results KAI_AGENT_HTTP=0.0.0.0:7413
USER kai
EXPOSE 7413
HEALTHCHECK --interval=5s --timeout=6s --start-period=30s --retries=3 CMD ["kai-agent", "--probe"]
ENTRYPOINT ["kai-agent"]

# kaictl, for one command at a time.
FROM base AS cli
RUN apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends libcurl4 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* && install -d -o kai -g kai -m 0700 /backup /data
COPY --from=build /out/kaictl /usr/local/bin/
ENV HOME=/tmp
USER kai
ENTRYPOINT ["kaictl"]

# A PostgreSQL to ask, with a small table; for trying things out and for nothing else.
FROM debian:bookworm-slim AS sample-postgres
RUN apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends postgresql \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY ops/sample-postgres.sh /usr/local/bin/sample-postgres
USER postgres
EXPOSE 5432
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=6 CMD ["/usr/lib/postgresql/15/bin/pg_isready", "-h", "127.0.0.1", "-q"]
ENTRYPOINT ["sample-postgres"]

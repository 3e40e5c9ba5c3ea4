FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w -X main.stamp=${VERSION}" -o /syncer ./cmd/syncer

# Certificates and a user of its own; the time zones are in the binary.
FROM gcr.io/distroless/static-debian12:nonroot
ARG VERSION=
LABEL org.opencontainers.image.title="syncer" \
      org.opencontainers.image.description="Keeps PostgreSQL in step with what Alibaba Cloud says about a fleet's security" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /syncer /usr/local/bin/syncer
COPY schedule.yaml /etc/syncer/schedule.yaml
WORKDIR /etc/syncer
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
# The page answers other containers and the host; so it wants a token (SYNCER_TOKEN).
ENV SYNCER_LISTEN=0.0.0.0:8080
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/local/bin/syncer", "healthz"]
ENTRYPOINT ["/usr/local/bin/syncer"]
CMD ["run", "--migrate"]

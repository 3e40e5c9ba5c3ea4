FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags=-s -o /syncer ./cmd/syncer

# Certificates and a user of its own; the time zones are in the binary.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /syncer /usr/local/bin/syncer
WORKDIR /etc/syncer
ENTRYPOINT ["/usr/local/bin/syncer"]
CMD ["run", "--migrate"]

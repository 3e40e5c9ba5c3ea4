package config

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// maxVariable is how much of a secret's file is read.
const maxVariable = 64 << 10

// Variable returns the value of an environment variable. If NAME is empty and NAME_FILE
// names a file, the value is the file's text, as Docker and Kubernetes pass secrets. Line
// breaks at its end are removed, because secrets get them by accident.
func Variable(getenv func(string) string, name string) (string, error) {
	value, path := strings.TrimRight(getenv(name), "\r\n"), getenv(name+"_FILE")
	if value != "" || path == "" {
		return value, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", name, err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxVariable+1))
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", name, err)
	}
	value = strings.TrimRight(string(text), "\r\n")
	switch {
	case len(text) > maxVariable:
		return "", fmt.Errorf("%s_FILE: %s holds more than %d kB", name, path, maxVariable>>10)
	case strings.ContainsRune(value, 0):
		return "", fmt.Errorf("%s_FILE: %s holds a NUL, which no variable may", name, path)
	case value == "":
		return "", fmt.Errorf("%s_FILE: %s is empty", name, path)
	}
	return value, nil
}

// secretVariables are variables that are not read through the configuration's file, some of
// them by libraries.
var secretVariables = []string{
	"DATABASE_URL", "PGPASSWORD", "SYNCER_TOKEN",
	"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN",
	"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
}

// SetVariables reads the files of secretVariables and sets the variables in the
// environment.
func SetVariables() error {
	for _, name := range secretVariables {
		value, err := Variable(os.Getenv, name)
		if err != nil {
			return err
		}
		if value != "" {
			if err := os.Setenv(name, value); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

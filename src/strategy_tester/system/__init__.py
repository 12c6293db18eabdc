"""The machine: settings file, logs, health checks. Imports services and domain."""

"""The domain: tasks, providers, the poller, and what may happen to a task. Imports nothing from `dashboard`."""

"""Media as browsers fetch it: ranges, headers that keep untrusted files harmless, and bodies in constant memory."""

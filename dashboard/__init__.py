"""Everything people and programs touch: settings, pages, API, sockets."""

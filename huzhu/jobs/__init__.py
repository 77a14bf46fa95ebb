"""Work done after commit, queued by name through `huzhu.shared.queue`. Task names are `app.act`; arguments are ids only."""

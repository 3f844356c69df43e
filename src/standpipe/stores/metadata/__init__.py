"""The metadata store: every noun, the queue and the schedules in one database."""

from standpipe.stores.metadata.store import MetadataStore, open_metadata

__all__ = ["MetadataStore", "open_metadata"]

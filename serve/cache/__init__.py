"""What a server verified and saw last, in a folder its workers share."""

from serve.cache.cache import Cache
from serve.cache.reading import VersionReader

__all__ = ["Cache", "VersionReader"]

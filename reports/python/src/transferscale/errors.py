"""What can be wrong with a file that should be a bundle."""


class BundleError(Exception):
    """A file that cannot be read as a bundle. The message names the file, what was found and what to do."""


class NotABundle(BundleError):
    """Another kind of file."""


class DamagedBundle(BundleError):
    """Bytes changed since the file was written, or its end is missing."""


class NewerBundle(BundleError):
    """Written by a version of the program whose schema this package does not know."""

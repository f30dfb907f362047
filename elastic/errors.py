"""What can go wrong on the Elasticsearch side.

ElasticError
├── InstallFailed    install_failed     a template could not be put, or does not take effect
└── NothingFound     nothing_found      no event with that request id
"""


class ElasticError(Exception):
    """Base of them all; `code` is stable."""

    code = "elastic_error"


class InstallFailed(ElasticError):
    """A template could not be put, or another one wins over it."""

    code = "install_failed"


class NothingFound(ElasticError):
    """No document has the request id that was asked for."""

    code = "nothing_found"

"""The door for WSGI servers. Once it is imported, all is there that pages need: workers are forked from it and share
that memory.
"""

import gc
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.template.loader import get_template
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "motcua.config.settings")
_django = get_wsgi_application()
_CHARSET = re.compile(r";\s*charset\s*=[^;]*", re.IGNORECASE)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request; whatever charset it names, its texts are read as UTF-8.

    Python knows codecs that are none of text (``hex``, ``rot13``); naming one crashed Django before any middleware.
    """
    environ["CONTENT_TYPE"] = _CHARSET.sub("", environ.get("CONTENT_TYPE", ""))
    return _django(environ, start_response)


def _load() -> None:
    """Load views and templates, which Django leaves to the first request."""
    get_resolver().url_patterns  # noqa: B018 # importing is what is wanted
    for folder in Path(__file__).parent.parent.glob("*/templates/"):
        for page in folder.glob("**/*.html"):
            get_template(str(page.relative_to(folder)))
    # What stays for good is looked through no more: each worker would copy the memory that it looks through, and what
    # pages leave behind is looked for sooner.
    gc.collect()
    gc.freeze()


_load()

"""As in Vietnamese: dates and money look the same on both sides of a desk."""

from motcua.web.formats.vi.formats import *  # noqa: F403

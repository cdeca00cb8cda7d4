"""The first page of a PDF as a small picture, drawn by a process that has nothing but the file: a program of its own.

It reads the PDF from its standard input and writes a JPEG. The renderer is the typesetter's, which is safe in its
memory; what a file made to hurt may take is bounded all the same: memory, computing time, and no file is written,
neither here nor by it. The paper itself is never laid down in a folder: the renderer reads it from memory.
"""

from __future__ import annotations

import os
import resource
import sys
from io import BytesIO
from typing import Final

_MEMORY: Final = 768 * 1024**2  # bytes of address space
_SECONDS: Final = 10  # of computing
# The page is drawn at the size of the preview, whatever size it claims to have.
_SOURCE: Final = """
#set page(width: auto, height: auto, margin: 0pt, fill: white)
#context {
  let size = measure(image("PAPER", format: "pdf", page: 1))
  let scale = 480pt / calc.max(size.width, size.height)
  let drawn(side) = calc.max(side * scale, 8pt)
  image("PAPER", format: "pdf", page: 1, width: drawn(size.width), height: drawn(size.height), fit: "stretch")
}
"""


def _main() -> None:
    import typst
    from PIL import Image

    from motcua.dossiers.files.thumbnails import thumbnail

    paper = os.memfd_create("paper")
    with open(paper, "wb", closefd=False) as file:
        file.write(sys.stdin.buffer.read())
    for what, most in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    here = "/proc/self/fd"
    compiler = typst.Compiler(
        root=here,
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[]),
        ignore_system_fonts=True,
        package_path="/proc/self/no-packages",
        package_cache_path="/proc/self/no-packages",
    )
    pages = compiler.compile(input=_SOURCE.replace("PAPER", f"/{paper}").encode(), format="png", ppi=72)
    drawn = pages[0] if isinstance(pages, list) else pages
    with Image.open(BytesIO(drawn or b""), formats=("PNG",)) as page:
        sys.stdout.buffer.write(thumbnail(page))


if __name__ == "__main__":
    _main()

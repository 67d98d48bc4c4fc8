"""The code of the pages for users: fenced blocks of Python, and commands of blocks and spans."""

import dataclasses
import re

from tests.sources import ROOT

PAGES = {
    path.relative_to(ROOT).as_posix(): path
    for path in (
        ROOT / "README.md",
        *sorted((ROOT / "docs").glob("*.md")),
        *sorted((ROOT / "saved_models").glob("*/README.md")),
        ROOT / "saved_models" / "README.md",
    )
}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`(python -m [^`]+)`")
COMMENT = re.compile(r"\s+#\s.*$")


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block: its language, "" for commands of a shell, and its text."""

    language: str
    text: str


def blocks(text):
    """The fenced blocks of a page, in order.

    >>> blocks("```python\\nimport zoo\\n```\\nand\\n```\\nmake demo\\n```\\n")
    [Block(language='python', text='import zoo\\n'), Block(language='', text='make demo\\n')]
    """
    return [Block(*found) for found in FENCE.findall(text)]


def commands(text):
    """The commands of a page without their comments, in order: lines of the blocks without a
    language, and `python -m` of the running text.

    >>> commands("By `python -m\\na.b --c`:\\n```\\nmake demo  # trains\\nls \\\\\\n  -l\\n```\\n")
    ['python -m a.b --c', 'make demo', 'ls -l']
    """
    found = []
    for block in FENCE.finditer(text):
        if not block[1]:
            lines = re.sub(r"\s*(#[^\n]*)?\\\n\s*", " ", block[2]).splitlines()
            lines = [COMMENT.sub("", line).strip() for line in lines]
            found += [(block.start(), line) for line in lines if line and line[0] != "#"]
    prose = FENCE.sub(lambda block: " " * len(block[0]), text)  # what follows keeps its position
    found += [(span.start(), " ".join(span[1].split())) for span in SPAN.finditer(prose)]
    return [command for _, command in sorted(found, key=lambda item: item[0])]


def program(page):
    """The Python of a page as one program, as one reads it from the top."""
    return "\n".join(b.text for b in blocks(PAGES[page].read_text()) if b.language == "python")

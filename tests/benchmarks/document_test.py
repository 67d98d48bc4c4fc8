import pytest

import zoo
from benchmarks import document
from benchmarks.shared import presets


@pytest.mark.parametrize("page", document.PAGES, ids=lambda page: page.name)
def test_a_page_holds_the_figures_that_were_measured(page):
    text = page.read_text()
    assert text == document.written(text), "run `python -m benchmarks.document`"


@pytest.mark.parametrize(
    "folder", presets.folders(document.SAVED_MODELS), ids=lambda folder: folder.name
)
def test_a_card_holds_the_figures_of_its_weights(folder):
    card = (folder / "README.md").read_text()
    assert card == presets.rewritten_card(folder), "run `python -m benchmarks.document`"


def test_text_outside_the_sections_stays():
    text = "before\n<!-- engine -->\nold\n<!-- /engine -->\nafter\n"
    written = document.written(text)
    assert written.startswith("before\n<!-- engine -->\n\nThe engine costs ")
    assert written.endswith("<!-- /engine -->\nafter\n")
    assert "old" not in written
    assert document.written(written) == written


def test_the_first_line_of_the_readme_counts_the_families():
    text = (document.ROOT / "README.md").read_text(encoding="utf-8")
    assert f"\n{len(zoo.list_models())} GAN families, " in text

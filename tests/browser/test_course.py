"""The course in a browser: the exported site from files, and the live chapters while edited."""

from __future__ import annotations

import json
import re

import pytest

from tests.browser.conftest import screenshot

pytest.importorskip("marimo", reason="the course is read in marimo: pip install -e '.[learn]'")

from tensorslow.learn import CHAPTERS, serve

pytestmark = pytest.mark.slow
NAMES = [chapter.name for chapter in CHAPTERS]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of the exported site, as a folder of files."""
    for name in ("sphinx", "furo"):
        pytest.importorskip(name, reason=f"the site is made with {name}: pip install -e '.[learn]'")
    from tensorslow.learn.site import export

    folder = tmp_path_factory.mktemp("site")
    export(folder)
    return folder.as_uri()


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """The reader's folder, and the address of the contents page."""
    folder = tmp_path_factory.mktemp("course")
    serve.prepare(folder)
    with serve.course(folder) as address:
        yield folder, address


def outside(page):
    """A list that fills with what the page asks of other machines."""
    asked = []
    ours = ("file:", "data:", "blob:", "about:", "http://127.0.0.1:", "ws://127.0.0.1:")
    page.on("request", lambda r: None if r.url.startswith(ours) else asked.append(r.url))
    return asked


class TestSite:
    # A chapter takes axe ten seconds; in the dark, where only colours differ, one stands for all.
    @pytest.mark.parametrize(("scheme", "chapters"), [("light", NAMES), ("dark", NAMES[:1])])
    def test_every_page_is_accessible(self, open_page, serious, site, scheme, chapters):
        page = open_page(color_scheme=scheme)
        asked = outside(page)
        for name in ["index", *chapters, "search"]:
            page.goto(f"{site}/{name}.html")
            assert serious(page) == [], name
            screenshot(page, f"site-{name}-{scheme}", full_page=True)
        assert asked == []

    @pytest.mark.parametrize("name", ["index", *NAMES])
    def test_a_phone_does_not_scroll_sideways(self, open_page, site, name):
        page = open_page(**PHONE)
        page.goto(f"{site}/{name}.html")
        sizes = "[document.documentElement.scrollWidth, document.body.scrollWidth]"
        assert max(page.evaluate(sizes)) <= 390
        screenshot(page, f"site-{name}-phone", full_page=True)

    def test_all_can_be_reached_by_keyboard(self, page, site):
        page.goto(f"{site}/index.html")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent").strip() == "Skip to content"
        reached = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.getAttribute('href')"))
        assert {f"{name}.html" for name in NAMES} <= reached
        page.locator("article a[href='graphs.html']").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/graphs.html")
        page.get_by_role("link", name=re.compile("Next")).focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/perceptrons.html")

    def test_exercises_unfold_by_keyboard(self, page, site):
        page.goto(f"{site}/graphs.html")
        idea = page.locator(".ts-question details").first
        assert not idea.locator("math").first.is_visible()
        idea.locator("summary").focus()
        page.keyboard.press("Enter")
        assert idea.locator("math").first.is_visible()

    def test_the_search_finds_without_a_server(self, page, site):
        page.goto(f"{site}/index.html")
        page.get_by_role("textbox", name=re.compile("Search")).first.fill("backpropagation")
        page.keyboard.press("Enter")
        page.wait_for_selector("#search-results li a")
        links = page.locator("#search-results li a").evaluate_all("all => all.map(a => a.href)")
        assert any("descent.html" in link for link in links)
        page.locator("#search-results li a", has_text="Gradient descent").first.click()
        page.wait_for_url("**/descent.html*")

    def test_light_and_dark(self, page, site):
        page.emulate_media(color_scheme="light")
        page.goto(f"{site}/graphs.html")
        paper = "getComputedStyle(document.body).backgroundColor"
        ink = "getComputedStyle(document.querySelector('.ts-picture svg')).color"
        light = page.evaluate(f"[{paper}, {ink}]")
        for _ in range(3):  # light, dark, as the system
            page.get_by_role("button", name=re.compile("theme", re.IGNORECASE)).first.click()
            if page.evaluate("document.body.dataset.theme") == "dark":
                break
        dark = page.evaluate(f"[{paper}, {ink}]")
        assert light[0] == "rgb(255, 255, 255)"
        assert dark[0] != light[0]
        assert dark[1] != light[1]
        page.reload()
        assert page.evaluate("document.body.dataset.theme") == "dark"  # it is remembered

    def test_a_film_plays_and_can_be_moved_by_keys(self, page, site):
        page.goto(f"{site}/graphs.html")
        film = page.locator(".ts-film").first
        slider, shown = film.get_by_role("slider"), film.locator(".ts-frame:not([hidden]) p")
        assert shown.inner_text().startswith("Before the run")
        slider.focus()
        page.keyboard.press("ArrowRight")
        assert shown.inner_text() == "Step 1: A, a variable: it has a value."
        assert slider.get_attribute("aria-valuetext") == shown.inner_text()
        page.keyboard.press("End")
        assert shown.inner_text().startswith("Step 5: z")
        film.get_by_role("button", name="Play").click()  # from the beginning again
        assert shown.inner_text().startswith("Before the run")
        page.wait_for_function("document.querySelector('.ts-film input').value === '1'")
        film.get_by_role("button", name="Pause").click()
        assert film.get_by_role("button", name="Play").is_visible()

    def test_on_paper_a_film_shows_its_first_and_last_frame(self, page, site):
        page.goto(f"{site}/graphs.html")
        page.emulate_media(media="print")
        frames = page.locator(".ts-film").first.locator(".ts-frame")
        seen = [frames.nth(i).is_visible() for i in range(frames.count())]
        assert seen == [True, *[False] * (len(seen) - 2), True]
        assert not page.locator(".ts-film button").first.is_visible()


def type_into(page, cell_text, code):
    """Replaces the code of the cell that has this text, and runs it."""
    editor = page.locator(".cm-content", has_text=cell_text).first
    editor.scroll_into_view_if_needed()
    editor.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(code)
    page.keyboard.press("ControlOrMeta+Enter")


class TestLive:
    @pytest.fixture
    def chapter(self, page, live):
        """Chapter 1, opened from the contents page."""
        _, address = live
        page.goto(address)
        page.get_by_role("link", name="1. Computational graphs", exact=True).click()
        page.get_by_role("img", name=re.compile("^All operations of the graph")).wait_for(
            timeout=60_000
        )
        return page

    def test_contents_are_accessible_and_need_the_token(self, page, serious, live):
        _, address = live
        page.goto(address)
        assert page.title() == "tensorslow: the course"
        assert page.get_by_role("listitem").count() == len(CHAPTERS)
        assert serious(page) == []
        screenshot(page, "live-contents")
        without = address.partition("?")[0]
        refused = [without, f"{without}?token=x", address.replace("/?", "/other?")]
        assert [page.request.get(url).status for url in refused] == [403, 403, 404]

    def test_editing_a_cell_changes_the_picture(self, chapter, live):
        asked = outside(chapter)
        picture = chapter.get_by_role("img", name=re.compile("^Visits and nodes"))
        before = picture.inner_html()
        code = "toy_visits = {n: n + 1 for n in range(5)}\ndoubled = None"
        type_into(chapter, "def doubled(times)", code)
        selector = "svg[aria-label^='Visits and nodes']"
        chapter.wait_for_function(
            "([selector, before]) => document.querySelector(selector)?.innerHTML !== before",
            arg=[selector, before],
            timeout=30_000,
        )
        assert picture.inner_html() != before
        screenshot(chapter, "live-edited")
        folder, _ = live
        for _ in range(60):  # it saves a second after the last edit, or later on a busy machine
            chapter.wait_for_timeout(500)
            saved = (folder / "graphs.py").read_text(encoding="utf-8")
            if "n + 1 for n in range(5)" in saved:
                break
        assert "n + 1 for n in range(5)" in saved
        assert asked == []

    def test_an_answer_gets_a_hint_and_then_progress(self, chapter, live):
        folder, _ = live
        type_into(chapter, "answer_1 = ...", "answer_1 = [3, 1]")
        chapter.get_by_text("There is still something to add").wait_for(timeout=30_000)
        screenshot(chapter, "live-hint")
        type_into(chapter, "answer_1 = [3, 1]", "answer_1 = [4, 2]")
        chapter.get_by_text("1 of 6 exercises of this chapter are solved.").wait_for(timeout=30_000)
        kept = json.loads((folder / "progress.json").read_text(encoding="utf-8"))
        assert kept == {"solved": ["graphs.by-hand"]}
        chapter.get_by_role("link", name="Contents", exact=True).click()
        chapter.get_by_text("1 of 6 exercises solved").wait_for()
        assert chapter.get_by_role("link", name=re.compile("^Continue with")).count() == 1

    def test_a_film_plays_in_the_notebook(self, chapter):
        frame = chapter.frame_locator("iframe.ts-film-frame").first
        frame.get_by_role("slider").press("End")
        frame.get_by_text("Step 5: z").wait_for()
        screenshot(chapter, "live-film")
        assert frame.get_by_text("Step 5: z").is_visible()

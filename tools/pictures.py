"""Make the pictures of the page in `docs/images`: `python tools/pictures.py`.

Needs Chromium and the extra `pictures`.

Each is a part of the page of an example, as a browser shows it, with as few colours as it needs.
"""

import io
import json
import shutil
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple

import polars as pl
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from cchc_rules import load_measurements, load_rules, score, score_table, sensitivity
from cchc_rules.render import render
from cchc_rules.render.overview import render as render_overview
from cchc_rules.tables.province.overview import overview
from cchc_rules.tables.province.ranking_document import ranking

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
MOST = 200_000
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
]


class Picture(NamedTuple):
    """What is on a picture: an example, its language, how it is shown, and from which part to
    which.
    """

    name: str
    example: str
    lang: str
    width: int
    height: int
    scheme: Literal["light", "dark"]
    start: str = "header"
    opened: bool = False


PROVINCE = "a province"
DISTRICTS = ("Cẩm Xuyên", "Kỳ Anh", "Đức Thọ", "Hương Khê", "Can Lộc", "Thạch Hà")
NAMES = (
    "An",
    "Bình",
    "Cẩm",
    "Đại",
    "Gia",
    "Hòa",
    "Kim",
    "Lâm",
    "Mỹ",
    "Nam",
    "Phúc",
    "Sơn",
    "Tân",
    "Vĩnh",
    "Xuân",
    "Yên",
)

PICTURES = (
    Picture("readme", "cam-due-2023", "en", 1080, 288, "light", "#result"),
    Picture("page-vi", "cam-due-2023", "vi", 1280, 1080, "light"),
    Picture("page-en", "cam-due-2023", "en", 1280, 1080, "light"),
    Picture("page-areas-vi", "cam-due-2023", "vi", 1280, 820, "light", "#areas"),
    Picture("page-way-vi", "cam-due-2023", "vi", 1280, 540, "light", "#way"),
    Picture("page-sure-vi", "cam-due-2023", "vi", 1280, 1180, "light", "#sure"),
    Picture(
        "page-loss-vi",
        "cam-due-2023",
        "vi",
        1280,
        760,
        "light",
        "#losses details:nth-of-type(2)",
        True,
    ),
    Picture("page-rules-vi", "cam-due-2023", "vi", 1280, 640, "light", "#rules"),
    Picture("province-vi", PROVINCE, "vi", 1280, 1180, "light"),
    Picture("province-areas-vi", PROVINCE, "vi", 1280, 760, "light", "#areas"),
    Picture("page-phone-vi", "cam-due-2023", "vi", 390, 1000, "dark"),
)


def main() -> int:
    """Make every picture, or those named."""
    chromium = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if chromium is None:
        print("no Chromium is installed", file=sys.stderr)
        return 1
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for picture in PICTURES:
            if not sys.argv[1:] or picture.name in sys.argv[1:]:
                file = IMAGES / f"{picture.name}.png"
                size = saved(taken(browser, picture), file)
                print(f"{picture.name}: {size:,} bytes")
        browser.close()
    return 0


def taken(browser: Browser, picture: Picture) -> bytes:
    """Return the picture as the browser takes it."""
    viewport: Any = {"width": picture.width, "height": picture.height}
    page = browser.new_page(viewport=viewport, color_scheme=picture.scheme)
    with tempfile.TemporaryDirectory() as folder:
        shown(page, picture, Path(folder) / "report.html")
        shot = page.screenshot()
    page.close()
    return bytes(shot)


def shown(page: Page, picture: Picture, path: Path) -> None:
    """Open the page of the example and bring the part that is wanted to the top."""
    if picture.example == PROVINCE:
        path.write_text(province(picture.lang), encoding="utf-8")
    else:
        path.write_text(report(picture), encoding="utf-8")
    page.goto(path.as_uri())
    part = page.locator(picture.start).first
    if picture.opened:
        part.locator("summary").click()
    part.evaluate("part => part.scrollIntoView()")
    if picture.opened:
        page.evaluate("scrollBy(0, 15)")  # nothing of the rule above it


def report(picture: Picture) -> str:
    """Return the page of an example."""
    rules = load_rules("cam-due-2023")
    measurements = load_measurements(
        ROOT / "examples" / f"{picture.example}.json", rules
    )
    study = sensitivity(rules, measurements).to_dict(picture.lang)
    return render(score(rules, measurements).to_dict(picture.lang), "html", study=study)


def province(lang: str) -> str:
    """Return the page of a province whose communes are drawn around the example."""
    rules = load_rules("cam-due-2023")
    results, before = (score_table(rules, communes(seed)).results for seed in (1, 2))
    document = overview(rules, results, ranking(results, before=before, lang=lang))
    return render_overview(
        document,
        "html",
        title="Tỉnh Ví Dụ, năm 2023",
        links=dict.fromkeys(range(len(results)), "#"),
    )


def communes(seed: int) -> pl.DataFrame:
    """Return a table of communes with the example's figures, each share of it drawn anew."""
    dice = Random(seed)
    text = (ROOT / "examples" / "cam-due-2023-strong.json").read_text(encoding="utf-8")
    return pl.DataFrame(
        {
            "unit": f"Xã {name} {more}",
            "district": DISTRICTS[(at + len(more)) % 6],
            "period": "2023",
        }
        | drawn(dice, text)
        for at, name in enumerate(NAMES)
        for more in ("Thượng", "Hạ", "Lộc", "Trung", "Hải", "Đông")
    )


def drawn(dice: Random, text: str) -> dict[str, object]:
    """Return the columns of a commune: the example's figures, its shares drawn around theirs,
    and holes.
    """
    level, found = dice.uniform(0.82, 1.08), dict[str, object]()
    for id_, entry in json.loads(text)["measurements"].items():
        given = entry if isinstance(entry, dict) else {"value": entry}
        if given.get("denominator"):
            share = given["numerator"] * level * dice.uniform(0.85, 1.15)
            found[f"{id_}.denominator"], found[f"{id_}.numerator"] = (
                given["denominator"],
                min(given["denominator"], int(share)),
            )
        elif "items" in given:
            found[f"{id_}.items"] = "\n".join(given["items"]) or "0"
        elif given.get("value") is not None:
            found[id_] = given["value"] if dice.random() < level - 0.1 else None
    return found


def saved(shot: bytes, path: Path) -> int:
    """Save a picture with no more colours than fit; return its size in bytes."""
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    for colours in (256, 128, 64, 32):
        image.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size < MOST:
            break
    return path.stat().st_size


if __name__ == "__main__":
    sys.exit(main())

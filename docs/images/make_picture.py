"""The picture of the README, from a finished run: the first page in words, ROC curves, and one map.

Usage: python docs/images/make_picture.py runs/sts-t1 docs/images/report.png (needs chromium; nothing is drawn anew, parts
of report.html are put side by side).
"""

import pathlib
import re
import subprocess
import sys
import tempfile

run, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
page = (run / "report.html").read_text()
style = re.search(r"<style>.*?</style>", page, re.S).group(0)
title = re.search(r"<h1>.*?</h1>", page, re.S).group(0)
answers = re.search(r'<dl class="answers">.*?</dl>', page, re.S).group(0)
figures = {name: text for name, text in re.findall(r'<figure id="figure-([^"]+)">(.*?)</figure>', page, re.S)}
roc = next(text for name, text in figures.items() if name.startswith("roc-bands"))
cam = next(text for name, text in figures.items() if name.startswith("cam-"))

html = f"""<!doctype html><meta charset="utf-8">{style}
<style>body {{ max-width: none; width: 1500px; padding: 1rem; }} h1 {{ margin-top: 0; }}
.two {{ display: grid; grid-template-columns: 760px 1fr; gap: 1.5rem; }} .answers dd {{ font-size: 0.86rem; }}
figure {{ margin: 0 0 1rem; }} figcaption {{ display: none; }}</style>
{title}<div class="two"><dl class="answers">{answers[len('<dl class="answers">'):]}
<div><figure>{roc}</figure><figure>{cam}</figure></div></div>"""
with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "picture.html"
    file.write_text(html)
    flags = "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-sync --hide-scrollbars".split()
    size = "--window-size=1540,1290"
    subprocess.run(
        ["chromium", *flags, f"--user-data-dir={folder}/profile", size, f"--screenshot={out}", file.as_uri()],
        check=True, capture_output=True,
    )
print("written")

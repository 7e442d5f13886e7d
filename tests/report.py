"""Opens a report in headless Chromium and does what a reader does. Exits with 1 and a list where something is wrong.

usage: tests/report.py CHROMIUM PAGE FOLDER [--no-webgl]

Talks the DevTools protocol over two pipes, so it needs nothing beside Python. In FOLDER pictures are left to be looked at.
Checked: charts are drawn and hovering one tells a number; a surface turns by a drag, and the others with it; without WebGL the
static picture stays and a sentence says so; the copy button copies; nothing but the file itself is asked for; no error, warning or
refused request is on the console.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

PATIENCE_SECS = 90
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--remote-debugging-pipe", "--window-size=1280,900",
]
WEBGL = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
NO_WEBGL = ["--disable-3d-apis"]


class Browser:
    """Chromium at the other end of two pipes."""

    def __init__(self, program, flags, folder):
        to_read, self.to = os.pipe()
        self.read, to_write = os.pipe()
        # The program takes its commands from descriptor 3 and answers on 4.
        script = f'exec 3<&{to_read} 4>&{to_write}; exec "$@"'
        command = ["bash", "-c", script, "bash", program, *FLAGS, *flags, f"--user-data-dir={folder}", "about:blank"]
        log = open(os.path.join(folder, "chromium.log"), "wb")
        self.process = subprocess.Popen(command, pass_fds=(to_read, to_write), stdout=log, stderr=log)
        os.close(to_read)
        os.close(to_write)
        os.set_blocking(self.read, False)
        self.rest, self.last, self.session, self.events, self.answers = b"", 0, None, [], {}

    def poll(self):
        try:
            self.rest += os.read(self.read, 1 << 20)
        except BlockingIOError:
            time.sleep(0.01)
        *whole, self.rest = self.rest.split(b"\0")
        for message in map(json.loads, whole):
            if "id" in message:
                self.answers[message["id"]] = message
            else:
                self.events.append(message)

    def call(self, method, **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE_SECS
        while self.last not in self.answers:
            if time.monotonic() > end or self.process.poll() is not None:
                sys.exit(f"Chromium does not answer {method}")
            self.poll()
        answer = self.answers.pop(self.last)
        if "error" in answer:
            sys.exit(f"{method}: {answer['error']}")
        return answer["result"]

    def value(self, expression):
        found = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            sys.exit(f"{expression}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def wait_for(self, expression, what):
        end = time.monotonic() + PATIENCE_SECS
        while not self.value(expression):
            if time.monotonic() > end:
                sys.exit(f"{what}: not within {PATIENCE_SECS} s")
            time.sleep(0.1)

    def open(self, url):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=url)

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def drag(self, x, y, by_x, by_y):
        self.mouse("mouseMoved", x, y)
        self.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=1)
        for i in range(1, 11):
            self.mouse("mouseMoved", x + by_x * i / 10, y + by_y * i / 10, button="left", buttons=1)
            time.sleep(0.05)
        self.mouse("mouseReleased", x + by_x, y + by_y, button="left", buttons=0, clickCount=1)

    def key(self, key):
        for kind in ["keyDown", "keyUp"]:
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def middle(self, selector):
        place = f"""(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: "center"}});
            const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()"""
        return self.value(place)

    def picture(self, path, whole=True):
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole, **(self.whole() if whole else {}))
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))

    def whole(self):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        return {"clip": {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}}

    def appearance(self, scheme):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def end(self):
        self.session = None
        self.call("Browser.close")
        self.process.wait(PATIENCE_SECS)


def check_charts(browser, problems):
    """Lines are there, a point tells its number, and a chosen part of the steps is chosen everywhere."""
    charts = browser.value("JSON.parse(document.getElementById('report-data').textContent).charts")
    if not charts:
        problems.append("there is no chart")
        return
    for chart in charts:
        lines = browser.value(f"document.querySelectorAll('#chart-{chart['id']} .scatterlayer path').length")
        if lines < 1:
            problems.append(f"{chart['title']}: no line is drawn")
    first = f"#chart-{charts[0]['id']}"
    browser.middle(first)
    points = browser.value(
        f"""(() => {{ const plot = document.querySelector('{first}'), {{_offset: left}} = plot._fullLayout.xaxis, y = plot._fullLayout.yaxis;
        const box = plot.getBoundingClientRect(), line = plot.data.find((line) => line.hovertemplate);
        const i = Math.floor(line.x.length / 2);
        return [box.x + left + plot._fullLayout.xaxis.d2p(line.x[i]), box.y + y._offset + y.d2p(line.y[i])]; }})()"""
    )
    browser.mouse("mouseMoved", points[0] - 30, points[1])
    browser.mouse("mouseMoved", *points)
    browser.wait_for(f"document.querySelector('{first} .hoverlayer text') !== null", "hovering a chart")
    told = browser.value(f"document.querySelector('{first} .hoverlayer').textContent")
    if not any(letter.isdigit() for letter in told):
        problems.append(f"hovering tells no number: {told!r}")
    linked = [chart["id"] for chart in charts if not chart.get("x")]
    if len(linked) > 1:
        check_link(browser, linked)
    browser.value("document.querySelector('#chart-controls [name=log]').click()")
    browser.wait_for(f"document.querySelector('{first}')._fullLayout.yaxis.type === 'linear'", "the linear axis")
    browser.value("document.querySelector('#chart-controls [name=log]').click()")


def check_link(browser, charts):
    """Steps that are drawn over in one chart are chosen in another one too, and a double click takes that back."""
    middle = browser.middle(f"#chart-{charts[0]}")
    ranges = [f"document.getElementById('chart-{chart}')._fullLayout.xaxis.range.join()" for chart in charts[:2]]
    whole = browser.value(ranges[1])
    browser.drag(*middle, 90, 0)
    browser.wait_for(f"{ranges[0]} !== {json.dumps(whole)} && {ranges[1]} === {ranges[0]}", "the linked axis of another chart")
    for count in [1, 2]:
        for kind in ["mousePressed", "mouseReleased"]:
            browser.mouse(kind, *middle, button="left", clickCount=count)
    browser.wait_for(f"{ranges[1]} === {json.dumps(whole)}", "the linked axis going back")


def check_surfaces(browser, problems, folder):
    """A drag turns a surface and all others with it, and what is seen changes."""
    count = browser.value("JSON.parse(document.getElementById('report-data').textContent).surfaces")
    if not count:
        problems.append("there is no surface")
        return
    camera = "JSON.stringify(document.getElementById('surface-{}').layout.scene.camera.eye)"
    before = [browser.value(camera.format(i)) for i in range(count)]
    x, y = browser.middle("#surface-0")
    browser.picture(f"{folder}/surface-before.png", whole=False)
    browser.drag(x, y, 120, 30)
    for i in range(count):
        browser.wait_for(f"{camera.format(i)} !== {json.dumps(before[i])}", f"surface {i} turning with the drag")
    if count > 1:
        browser.wait_for(f"{camera.format(0)} === {camera.format(count - 1)}", "surfaces seen from one place")
    time.sleep(0.5)
    browser.picture(f"{folder}/surface-after.png", whole=False)
    if pathlib.Path(f"{folder}/surface-before.png").read_bytes() == pathlib.Path(f"{folder}/surface-after.png").read_bytes():
        problems.append("the turned surface looks as before")
    turned = browser.value(camera.format(0))
    browser.value("document.getElementById('surface-0').focus()")
    browser.key("ArrowLeft")
    browser.wait_for(f"{camera.format(0)} !== {json.dumps(turned)}", "an arrow key turning the surface")
    browser.value("document.querySelector('#surface-controls [data-eye=top]').click()")
    browser.wait_for(f"JSON.parse({camera.format(0)}).z > 2", "the view from above")
    browser.value("document.querySelector('#surface-controls [data-eye=corner]').click()")


def check_page(browser, problems, has_webgl):
    """What holds with and without WebGL."""
    browser.value("document.querySelector('button[data-copies]').click()")
    browser.wait_for("document.querySelector('button[data-copies]').nextElementSibling.textContent !== ''", "the copy button")
    if browser.value("[...document.images].some((image) => !image.complete || image.naturalWidth === 0)"):
        problems.append("a picture is not drawn")
    nameless = browser.value("[...document.querySelectorAll('img, [role=img]')].filter((e) => !(e.alt || e.ariaLabel)).length")
    if nameless:
        problems.append(f"{nameless} pictures have no words")
    loose = browser.value("[...document.querySelectorAll('table')].filter((table) => !table.querySelector('th[scope]')).length")
    if loose:
        problems.append(f"{loose} tables have no headers")
    if browser.value("[...document.querySelectorAll('.modebar-btn')].some((button) => /cloud|send|share|edit/i.test(button.dataset.title))"):
        problems.append("a button would send something away")
    told = browser.value("!document.getElementById('no-webgl').hidden")
    if told == has_webgl:
        problems.append(f"with{'' if has_webgl else 'out'} WebGL the sentence about it is {'there' if told else 'missing'}")
    if not has_webgl and browser.value("!document.getElementById('surfaces').hidden || document.images.length === 0"):
        problems.append("without WebGL the picture does not stand alone")
    wide = browser.value("document.documentElement.scrollWidth - innerWidth")
    if wide > 0:
        problems.append(f"the page is {wide} px too wide")


def check_quiet(browser, url, problems):
    """Nothing was asked for but the file, and nothing was complained about."""
    for event in browser.events:
        method, params = event["method"], event["params"]
        if method == "Network.requestWillBeSent":
            asked = params["request"]["url"]
            if asked != url and not asked.startswith(("data:", "blob:")):
                problems.append(f"a request left the page: {asked[:200]}")
        elif method == "Runtime.exceptionThrown":
            problems.append(f"exception: {json.dumps(params['exceptionDetails'])[:600]}")
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            problems.append(f"console: {json.dumps(params['args'])[:600]}")
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            problems.append(f"console: {json.dumps(params['entry'])[:600]}")


def main():
    program, page, folder = sys.argv[1:4]
    has_webgl = "--no-webgl" not in sys.argv[4:]
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    url = pathlib.Path(page).resolve().as_uri()
    problems = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as own:
        browser = Browser(program, WEBGL if has_webgl else NO_WEBGL, own)
        browser.open(url)
        browser.wait_for("document.documentElement?.dataset.drawn === 'yes'", "the page being drawn")
        if has_webgl:
            browser.picture(f"{folder}/light.png")
            check_charts(browser, problems)
            check_surfaces(browser, problems, folder)
            browser.appearance("dark")
            time.sleep(1.5)
            browser.picture(f"{folder}/dark.png")
            pdf = browser.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)
            pathlib.Path(f"{folder}/print.pdf").write_bytes(base64.b64decode(pdf["data"]))
        else:
            browser.picture(f"{folder}/no-webgl.png")
        check_page(browser, problems, has_webgl)
        check_quiet(browser, url, problems)
        browser.end()
    for problem in problems:
        print(f"tests/report.py: {problem}", file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()

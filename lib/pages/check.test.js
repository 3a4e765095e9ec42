// The check of the check: a page without a fault passes, and every fault put into it is found under its name.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openBrowser } from "./browser.js";
import { MAIL, lookAt } from "./look.js";

const GOOD = readFileSync(new URL("fixtures/good.html", import.meta.url), "utf8");
const HOSTILE = "<img src=x onerror=alert(1)>";
const drawn = (inside, name = `Six deals are open, ${inside.length}.`) =>
  `<svg viewBox="0 0 320 60" role="img" aria-label="${name}">${inside}</svg>`;
const words = (x, size = 12, style = "") =>
  `<text x="${x}" y="30" font-size="${size}" style="${style}">six deals</text>`;

const FAULTS = {
  "skipped-heading": "<h3>Too deep</h3>",
  "one-h1": "<h1>Another</h1>",
  "page-overflow": '<p style="width: 1300px">Wide</p>',
  "table-overflow": '<div class="scroll" tabindex="0"><p style="width: 1300px">Wide</p></div>',
  "color-contrast": '<p style="color: #bbb">Pale</p>',
  "image-alt": '<p><img src="data:image/png;base64,"></p>',
  "figure-name": drawn("", "No description has been provided for this image"),
  "figure-text-size": drawn(words(20, 9)),
  "figure-text-clipped": drawn(words(300)),
  "figure-text-overlap": drawn(words(20) + words(30)),
  "figure-text-contrast": drawn(words(20, 12, "fill: #ccc")),
  "request-left-the-page": '<p style="background: url(https://example.com/a.png)">Asks</p>',
  "dialog-opened": HOSTILE,
  "script-or-handler": HOSTILE,
  "console-error": '<script>throw new Error("broke")</script>',
  "void-style": "<p>Line<br/>break</p>",
  "page-size": `<p>${"long ".repeat(50_000)}</p>`,
  "cut-row-or-figure": '<figure style="break-inside: auto">Cut</figure>',
  "head-not-repeated": "<style>thead { display: table-row-group }</style>",
  "code-printed": '<details class="code" style="display: block"><summary>Code</summary>x = 1</details>',
  "printed-page-overflow": "<style>@media print { h1 { width: 900px } }</style>",
};

let browser, folder;

before(async () => {
  browser = await openBrowser();
  folder = mkdtempSync(join(tmpdir(), "revops-pages-"));
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

async function rulesBrokenBy(fault, texts = [], kind = undefined) {
  const file = join(folder, "page.html");
  writeFileSync(file, GOOD.replace("<!-- a fault goes here -->", fault));
  const { found } = await lookAt(browser, file, { kind, texts, views: [{ width: 390, scheme: "light" }] });
  return found.map(({ rule }) => rule);
}

test("a page without a fault passes, hostile text and all", async () => {
  assert.deepEqual(await rulesBrokenBy("", [HOSTILE]), []);
});

test("text that is not shown is missed", async () => {
  assert.deepEqual(await rulesBrokenBy("", ["<b>Ghost Ltd</b>"]), ["text-not-shown"]);
});

test("every fault is found", async () => {
  const found = await rulesBrokenBy(Object.values(FAULTS).join("\n"));
  assert.deepEqual(
    Object.keys(FAULTS).filter((rule) => !found.includes(rule)),
    [],
  );
});

test("a fault is found when it is alone", async () => {
  for (const rule of ["skipped-heading", "page-overflow", "color-contrast", "figure-name", "request-left-the-page"]) {
    assert.ok((await rulesBrokenBy(FAULTS[rule])).includes(rule), rule);
  }
});

test("a mail may style its lines, and must be small", async () => {
  assert.deepEqual(await rulesBrokenBy('<p style="color: #16202c">Styled</p>', [], MAIL), []);
  assert.deepEqual(await rulesBrokenBy(`<p>${"long ".repeat(20_000)}</p>`, [], MAIL), ["page-size"]);
});

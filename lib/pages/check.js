// Checks every page that the reports make; with --shots it also leaves pictures and PDFs in outputs/pages.
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBrowser } from "./browser.js";
import * as look from "./look.js";
import { MAIL, ROOT, makePages } from "./made.js";

const SHOTS = process.argv.includes("--shots") && join(ROOT, "outputs", "pages");
const AT_ONCE = SHOTS ? 1 : 2; // two large pictures at once are too much for some browsers

process.exitCode = (await checkAll()) ? 0 : 1;

async function checkAll() {
  const folder = mkdtempSync(join(tmpdir(), "revops-pages-"));
  const browser = await openBrowser();
  try {
    const pages = await makePages(folder);
    const waiting = [...pages];
    const results = [];
    const work = async () => {
      for (let page = waiting.shift(); page; page = waiting.shift()) results.push(await checkPage(browser, page));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return results.every(Boolean) && sawHostileName(pages);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
}

async function checkPage(browser, { name, file, texts }) {
  const title = name.replace("latest/", "");
  const kind = MAIL.test(name) ? look.MAIL : look.PAGE;
  const { found, sheets } = await look.lookAt(browser, file, { kind, texts, shot: SHOTS && shotOf(title) });
  const size = `${Math.ceil(statSync(file).size / 1000)} KB${kind.isPrinted ? `, ${sheets} sheets printed` : ""}`;
  const seen = `${[...new Set(kind.views.map(({ width }) => width))].join(" and ")} px, light and dark`;
  const hostile = texts.length ? `, ${texts.length} hostile names shown as text` : "";
  if (!found.length) console.log(`good  ${title}: ${size}${hostile}; ${seen}${kind.isPrinted ? ", print" : ", pictures off"}`);
  for (const { where, rule, selector, detail } of found) {
    console.log(`BAD   ${title}, ${where}: ${rule} at ${selector || "page"} (${detail})`);
  }
  return !found.length;
}

function shotOf(title) {
  mkdirSync(SHOTS, { recursive: true });
  return (view) => join(SHOTS, `${title.replace(/\.html$/, "").replaceAll("/", "-")}-${view}`);
}

function sawHostileName(pages) {
  const seen = pages.some(({ texts }) => texts.length);
  if (!seen) console.log("BAD   no page shows a hostile name of the sample, so nothing proves that they are harmless");
  return seen;
}

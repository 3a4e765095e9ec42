// Looks at one page as people will meet it, and returns what breaks a rule: {where, rule, selector, detail}.
import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { HtmlValidate } from "html-validate";

const inBoth = (...widths) => widths.flatMap((width) => ["light", "dark"].map((scheme) => ({ width, scheme })));
/** What is asked of a page in a browser, and of the HTML of a mail, which nobody prints: bytes, views, valid HTML. */
export const PAGE = { largest: 250_000, views: inBoth(390, 1280), isPrinted: true, rules: {} };
export const MAIL = {
  largest: 90_000,
  views: inBoth(390, 800),
  isPrinted: false,
  // Mail programs need what these forbid; the title is the subject, as long as that is.
  rules: Object.fromEntries(
    ["no-inline-style", "no-deprecated-attr", "no-conditional-comment", "prefer-native-element", "long-title"].map(
      (rule) => [rule, "off"],
    ),
  ),
};
const PAPER = { width: 718, height: 1000 }; // px of an A4 page within its margins

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = readFileSync(new URL("in_page.js", import.meta.url), "utf8");

/** Check one file in each view and on paper; texts must be readable on it; shot(name) says where pictures go. */
export async function lookAt(browser, file, { kind = PAGE, texts = [], views = kind.views, shot = null } = {}) {
  const found = [...checkSize(file, kind.largest), ...(await validate(file, kind.rules))];
  for (const view of views) {
    found.push(...(await onScreen(browser, file, view, texts, shot)));
  }
  if (!kind.isPrinted) return { found, sheets: 0 };
  const paper = await onPaper(browser, file, shot);
  return { found: [...found, ...paper.found], sheets: paper.sheets };
}

function checkSize(file, largest) {
  const { size } = statSync(file);
  return size <= largest ? [] : [{ where: "file", rule: "page-size", selector: "", detail: `${size} bytes` }];
}

async function validate(file, rules) {
  const validator = new HtmlValidate({ root: true, extends: ["html-validate:recommended"], rules });
  const report = await validator.validateFile(file);
  const messages = report.results.flatMap((result) => result.messages).filter((message) => message.severity === 2);
  return messages.map((told) => ({
    where: `line ${told.line}`,
    rule: told.ruleId,
    selector: told.selector,
    detail: told.message,
  }));
}

async function onScreen(browser, file, { width, scheme }, texts, shot) {
  const { page, found } = await open(browser, file, { viewport: { width, height: 900 }, colorScheme: scheme });
  if (shot) await page.screenshot({ path: shot(`${width}-${scheme}.png`), fullPage: true });
  found.push(...(await missingTexts(page, texts)), ...(await apply(page, "screenRules")));
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  found.push(...(await apply(page, "screenRules")), ...(await runAxe(page)));
  await page.context().close();
  return unique(found).map((finding) => ({ where: `${width} px ${scheme}`, ...finding }));
}

async function onPaper(browser, file, shot) {
  const { page, found } = await open(browser, file, { viewport: PAPER });
  await page.emulateMedia({ media: "print" });
  found.push(...(await apply(page, "printRules")));
  const margin = { top: "1cm", right: "1cm", bottom: "1cm", left: "1cm" };
  const pdf = await page.pdf({ format: "A4", margin, ...(shot && { path: shot("print.pdf") }) });
  await page.context().close();
  const sheets = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  return { found: unique(found).map((finding) => ({ where: "print", ...finding })), sheets };
}

/** Open a file with its own ban on loading lifted, so that what it asks for is seen; nothing is let out. */
async function open(browser, file, options) {
  const context = await browser.newContext({ ...options, bypassCSP: true });
  const page = await context.newPage();
  const found = [];
  const add = (rule, selector, detail) => found.push({ rule, selector, detail });
  const address = pathToFileURL(file).href;
  await context.route("**/*", (route) => {
    const asked = route.request().url();
    if (asked === address) return route.continue();
    add("request-left-the-page", "", asked);
    return route.abort();
  });
  page.on("console", (message) => message.type() === "error" && add("console-error", "", message.text()));
  page.on("pageerror", (error) => add("console-error", "", error.message));
  page.on("dialog", (dialog) => (add("dialog-opened", "", dialog.message()), dialog.dismiss()));
  await page.goto(address);
  await page.evaluate(RULES);
  return { page, found };
}

async function missingTexts(page, texts) {
  const shown = await page.evaluate(() => document.body.innerText);
  return texts
    .filter((text) => !shown.includes(text))
    .map((text) => ({ rule: "text-not-shown", selector: "body", detail: text }));
}

function apply(page, rules) {
  return page.evaluate(
    (name) => Object.entries(window[name]).flatMap(([rule, check]) => check().map((broken) => ({ rule, ...broken }))),
    rules,
  );
}

async function runAxe(page) {
  await page.evaluate(AXE);
  const options = { rules: { "target-size": { enabled: true } }, resultTypes: ["violations"] };
  const { violations } = await page.evaluate((asked) => axe.run(document, asked), options);
  const told = (rule, node) => ({ rule, selector: node.target.join(" "), detail: node.any[0]?.message ?? "" });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => told(id, node)));
}

function unique(found) {
  return [...new Map(found.map((finding) => [JSON.stringify(finding), finding])).values()];
}

// Rules that run inside an open page. Each returns what breaks it: a list of {selector, detail}.

const SMALLEST_TEXT = 11; // px, as drawn
const LOWEST_CONTRAST = 4.5; // WCAG AA
const PRINTED_PAGE_HEIGHT = 1000; // px of an A4 page within its margins
const STOCK_NAME = /^$|no description|^(image|picture|figure|chart|plot|graph)?[\s\d]*$|\.(png|svg)$/i;

window.screenRules = {
  "one-h1": oneFirstHeading,
  "skipped-heading": skippedHeadings,
  "page-overflow": pageOverflow,
  "table-overflow": tableOverflow,
  "figure-name": stockNames,
  "figure-text-size": smallTexts,
  "figure-text-clipped": clippedTexts,
  "figure-text-overlap": overlappingTexts,
  "figure-text-contrast": paleTexts,
  "script-or-handler": runnable,
};

window.printRules = {
  "printed-page-overflow": pageOverflow,
  "cut-row-or-figure": breakable,
  "head-not-repeated": unrepeatedHeads,
  "code-printed": printedCode,
};

function oneFirstHeading() {
  const headings = all("h1");
  return headings.length === 1 ? [] : [{ selector: "h1", detail: `found ${headings.length}` }];
}

function skippedHeadings() {
  const headings = all("h1, h2, h3, h4, h5, h6");
  const level = (heading) => Number(heading.tagName[1]);
  return headings.filter((heading, n) => level(heading) > (n ? level(headings[n - 1]) : 0) + 1).map(broken);
}

function pageOverflow() {
  const page = document.scrollingElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  const wide = all("body *").filter(
    (element) => element.checkVisibility() && element.getBoundingClientRect().right > page.clientWidth + 1,
  );
  const shown = wide.filter((element) => !wide.some((other) => other !== element && element.contains(other)));
  const detail = `${page.scrollWidth} px in ${page.clientWidth}`;
  return shown.length ? shown.slice(0, 5).map((element) => broken(element, detail)) : [{ selector: "body", detail }];
}

/** Tables with columns out of sight; the data behind a figure may scroll, since it has the figure's width. */
function tableOverflow() {
  const isWide = (box) => !box.closest("figure") && box.scrollWidth > box.clientWidth + 1;
  return all(".scroll")
    .filter(isWide)
    .map((box) => broken(box, `${box.scrollWidth} px in ${box.clientWidth}`));
}

function stockNames() {
  const names = new Map();
  for (const figure of all("svg:not([aria-hidden=true]), img")) {
    names.set(figure, (figure.getAttribute("aria-label") ?? figure.getAttribute("alt") ?? "").trim());
  }
  const said = [...names.values()];
  const isStock = (name) => STOCK_NAME.test(name) || said.filter((other) => other === name).length > 1;
  return [...names].filter(([, name]) => isStock(name)).map(([figure, name]) => broken(figure, `named "${name}"`));
}

function smallTexts() {
  const size = (text) =>
    parseFloat(getComputedStyle(text).fontSize) * Math.hypot(text.getScreenCTM().a, text.getScreenCTM().b);
  return drawnTexts()
    .filter((text) => size(text) < SMALLEST_TEXT)
    .map((text) => broken(text, `"${text.textContent}" at ${size(text).toFixed(1)} px`));
}

function clippedTexts() {
  const isOutside = (inner, outer) =>
    inner.left < outer.left - 1 ||
    inner.right > outer.right + 1 ||
    inner.top < outer.top - 1 ||
    inner.bottom > outer.bottom + 1;
  return drawnTexts()
    .filter((text) => isOutside(text.getBoundingClientRect(), text.ownerSVGElement.getBoundingClientRect()))
    .map((text) => broken(text, `"${text.textContent}"`));
}

function overlappingTexts() {
  const texts = drawnTexts();
  const pairs = texts.flatMap((text, n) => texts.slice(n + 1).map((other) => [text, other]));
  return pairs
    .filter(([text, other]) => text.ownerSVGElement === other.ownerSVGElement && overlap(text, other))
    .map(([text, other]) => broken(text, `"${text.textContent}" on "${other.textContent}"`));
}

function overlap(one, other) {
  const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return width > 1 && height > 0.25 * Math.min(a.height, b.height);
}

function paleTexts() {
  return drawnTexts()
    .map((text) => [text, contrast(getComputedStyle(text).fill, ground(text))])
    .filter(([, ratio]) => ratio < LOWEST_CONTRAST)
    .map(([text, ratio]) => broken(text, `"${text.textContent}" at ${ratio.toFixed(1)}`));
}

/** The colour behind a text of a figure: that of a box drawn around it, else of the page. */
function ground(text) {
  const box = text.closest("g.boxed")?.querySelector("path");
  const fill = box && getComputedStyle(box).fill;
  return fill && fill !== "none" ? fill : getComputedStyle(document.body).backgroundColor;
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour) {
  const parts = colour
    .match(/[\d.]+/g)
    .slice(0, 3)
    .map((part) => part / 255);
  const [red, green, blue] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function runnable() {
  const hasHandler = (element) => element.getAttributeNames().some((name) => name.startsWith("on"));
  const runs = (element) => element.matches("script, iframe, object, embed") || hasHandler(element);
  return all("*")
    .filter(runs)
    .map((element) => broken(element));
}

/** What a page break may cut: it is not told to stay whole, or is taller than a page. */
function breakable() {
  const mayBreak = (element) =>
    getComputedStyle(element).breakInside !== "avoid" || element.offsetHeight > PRINTED_PAGE_HEIGHT;
  const outermost = all("tr, figure, svg, img").filter((element) => !element.parentElement.closest("tr, figure"));
  return outermost.filter(mayBreak).map((element) => broken(element));
}

function unrepeatedHeads() {
  return all("thead")
    .filter((head) => getComputedStyle(head).display !== "table-header-group")
    .map((head) => broken(head));
}

function printedCode() {
  return all("details.code")
    .filter((code) => getComputedStyle(code).display !== "none")
    .map((code) => broken(code));
}

function drawnTexts() {
  return all("svg text").filter((text) => text.textContent.trim() && text.getBoundingClientRect().width);
}

function all(selector) {
  return [...document.querySelectorAll(selector)];
}

function broken(element, detail = element.textContent.trim().slice(0, 60)) {
  const steps = [];
  for (let at = element; at && at !== document.body && steps.length < 4; at = at.parentElement) {
    steps.unshift(at.id ? `#${at.id}` : [at.tagName.toLowerCase(), ...at.classList].join("."));
    if (at.id) break;
  }
  return { selector: steps.join(" > "), detail };
}

// Makes the pages to look at: every report on the sample company, a long slice with hostile names, a failure, an older
// report in the place of a newer one, the review of each run with its views, and the mail to each list.
import { execFile } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

export const ROOT = join(import.meta.dirname, "..", "..");
export const PYTHON = join(ROOT, ".venv", "bin", "python");
const [ALL_MADE, SOME_FAILED] = [0, 1]; // exit codes of a run
const REVIEW = /(^|\/)(index|executive|marketing_ops|revops)\.html$/;
export const MAIL = /(^|\/)mail\/[^/]+\.html$/;
const OLD_AND_FAILED = ["pipeline_coverage", "--slice", "region=Nowhere", "--as-of", "2026-05-31"];
const LONG_AND_FAILED = ["pipeline_coverage", "-p", "top_deals=50", "--slice", "region=AMER,Nowhere"];

/** Make the pages in a folder; return {name, file, texts}: texts are words of the data that look like markup. */
export async function makePages(folder) {
  const whole = runReports(join(folder, "all"), [], ALL_MADE);
  const part = runReports(join(folder, "part"), LONG_AND_FAILED, SOME_FAILED);
  const later = part.then(() => runReports(join(folder, "part"), OLD_AND_FAILED, SOME_FAILED));
  await Promise.all([whole, later]);
  const runs = ["all", "part"];
  for (const run of runs) await writeMails(join(folder, run));
  const names = runs.flatMap((run) => [join(run, "latest"), join(run, "mail")].flatMap((part) => pagesOf(folder, part)));
  return names.map((name) => ({ name, file: join(folder, name), texts: markupIn(join(folder, name)) }));
}

async function runReports(outputs, asked, expected) {
  const run = promisify(execFile)(PYTHON, ["-m", "revops", "run", "--outputs", outputs, ...asked], { cwd: ROOT });
  const { code, stderr } = await run.then(
    () => ({ code: ALL_MADE }),
    (error) => error,
  );
  if (code !== expected)
    throw new Error(`The run of ${asked.join(" ") || "all reports"} ended with ${code}, not ${expected}.\n${stderr}`);
}

async function writeMails(outputs) {
  await promisify(execFile)(PYTHON, ["-m", "revops", "mail", "--outputs", outputs], { cwd: ROOT });
  await promisify(execFile)(PYTHON, [join(import.meta.dirname, "mail_html.py"), join(outputs, "mail")]);
}

function pagesOf(folder, run) {
  const files = readdirSync(join(folder, run), { recursive: true });
  return files
    .filter((file) => file.endsWith(".html"))
    .sort()
    .map((file) => join(run, file));
}

function markupIn(page) {
  if (REVIEW.test(page)) return markupInReview(page);
  const answer = page.replace(/html$/, "json");
  if (!existsSync(answer)) return [];
  const cells = JSON.parse(readFileSync(answer, "utf8")).tables.flatMap((table) => table.rows.flat());
  return cells.filter((cell) => typeof cell === "string" && cell.includes("<"));
}

function markupInReview(page) {
  const { tasks, lines } = JSON.parse(readFileSync(page.replace(REVIEW, "$1review.json"), "utf8"));
  if (!page.endsWith("index.html")) return [];
  const said = [...tasks.map(({ text }) => text), ...lines.map(({ sentence }) => sentence)];
  return said.filter((text) => text?.includes("<"));
}

// Opens a notebook in a real JupyterLab, runs all its cells, and holds what a person sees against the report.
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { openBrowser } from "./browser.js";
import { PYTHON, ROOT } from "./made.js";

const STEM = "pipeline_coverage";
const SHOTS = process.argv.includes("--shots") && join(ROOT, "outputs", "pages");
const SETTINGS = join("jupyter", "lab", "user-settings");
const LONGEST = 120_000; // ms until every cell has run
const ERRORS = '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]';

process.exitCode = (await checkInLab()) ? 0 : 1;

async function checkInLab() {
  const folder = mkdtempSync(join(tmpdir(), "revops-lab-"));
  copyProject(folder);
  const answer = runReport(folder);
  const lab = await startLab(folder);
  const browser = await openBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    await page.goto(`${lab.address}/lab/tree/notebooks/${STEM}.ipynb?token=${lab.token}`);
    await runAllCells(page);
    if (SHOTS) await takePicture(page);
    return tell(compare(answer, await whatIsShown(page)));
  } finally {
    await browser.close();
    await stop(lab.server);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The project's own files stay as they are: JupyterLab gets a copy, and settings of its own. */
function copyProject(folder) {
  for (const part of ["notebooks", "params", "data"]) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  set(folder, "notebook-extension/tracker", { windowingMode: "none" }); // keeps every cell in the page
  set(folder, "apputils-extension/notification", { fetchNews: "false" });
}

function set(folder, name, values) {
  const file = join(folder, SETTINGS, "@jupyterlab", `${name}.jupyterlab-settings`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(values));
}

function runReport(folder) {
  execFileSync(PYTHON, ["-m", "revops", "run", STEM, "--params", join(folder, "params")], {
    cwd: folder,
    stdio: "ignore",
  });
  return JSON.parse(readFileSync(join(folder, "outputs", "latest", `${STEM}.json`), "utf8"));
}

async function startLab(folder) {
  const [port, token, home] = [await freePort(), randomBytes(16).toString("hex"), join(folder, "jupyter")];
  const options = {
    "ServerApp.ip": "127.0.0.1",
    "ServerApp.port": port,
    "ServerApp.port_retries": 0,
    "ServerApp.root_dir": folder,
    "ServerApp.allow_root": "True",
    "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    "LabApp.user_settings_dir": join(folder, SETTINGS),
    "LabApp.workspaces_dir": join(home, "lab", "workspaces"),
  };
  const words = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const folders = {
    JUPYTER_CONFIG_DIR: home,
    JUPYTER_DATA_DIR: home,
    JUPYTER_RUNTIME_DIR: join(home, "runtime"),
    IPYTHONDIR: home,
  };
  const env = { ...process.env, ...folders, JUPYTER_TOKEN: token };
  const server = spawn(PYTHON, ["-m", "jupyterlab", "--no-browser", ...words], { cwd: folder, env, stdio: "ignore" });
  const address = `http://127.0.0.1:${port}`;
  while (!(await answers(`${address}/api?token=${token}`))) {
    if (server.exitCode !== null) throw new Error(`JupyterLab did not start: it ended with ${server.exitCode}.`);
    await pause(200);
  }
  return { server, address, token };
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  return port;
}

function answers(address) {
  return fetch(address).then(
    (response) => response.ok,
    () => false,
  );
}

async function runAllCells(page) {
  await page.locator(".jp-Notebook .jp-CodeCell").first().waitFor();
  await page.getByText("Python 3 (ipykernel) | Idle").waitFor({ timeout: LONGEST });
  await page.getByRole("menuitem", { name: "Run", exact: true }).click();
  await page.getByRole("menuitem", { name: "Run All Cells", exact: true }).click();
  const haveAllRun = () => {
    const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].map((prompt) => prompt.textContent);
    return prompts.length > 0 && prompts.every((prompt) => /\[\d+\]/.test(prompt));
  };
  await page.waitForFunction(haveAllRun, null, { timeout: LONGEST });
}

function whatIsShown(page) {
  return page.evaluate((errors) => {
    const isSeen = (drawing) => drawing.getBoundingClientRect().width > 100;
    return {
      sentences: [...document.querySelectorAll(".jp-OutputArea h1")].map((heading) => heading.innerText),
      figures: [...document.querySelectorAll(".jp-OutputArea figure svg")].filter(isSeen).length,
      errors: [...document.querySelectorAll(errors)].map((output) => output.innerText),
    };
  }, ERRORS);
}

function compare(answer, { sentences, figures, errors }) {
  const faults = errors.map((error) => `an error output: ${error}`);
  if (sentences.join() !== answer.sentence) faults.push(`the sentence "${sentences.join()}", not "${answer.sentence}"`);
  if (figures !== answer.figures.length) faults.push(`${figures} figures, not ${answer.figures.length}`);
  return { faults, good: `"${answer.sentence}", ${figures} figures, no error, as in the report` };
}

function tell({ faults, good }) {
  if (!faults.length) console.log(`good  ${STEM} in JupyterLab: ${good}`);
  for (const fault of faults) console.log(`BAD   ${STEM} in JupyterLab shows ${fault}`);
  return !faults.length;
}

async function takePicture(page) {
  mkdirSync(SHOTS, { recursive: true });
  await page.setViewportSize({ width: 1400, height: 9000 });
  await page.locator(".jp-NotebookPanel .jp-Cell").first().scrollIntoViewIfNeeded();
  await pause(1000);
  await page.screenshot({ path: join(SHOTS, "lab.png") });
}

async function stop(server) {
  if (server.exitCode !== null) return;
  server.kill("SIGTERM");
  await Promise.race([once(server, "exit"), pause(10_000, null, { ref: false }).then(() => server.kill("SIGKILL"))]);
}

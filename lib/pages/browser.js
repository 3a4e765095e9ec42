// The system's Chromium, without a window.
import { chromium } from "playwright-core";

export function openBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--disable-gpu"] });
}

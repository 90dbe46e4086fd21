import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const flags = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

const places = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The browser to drive: whichever is named, or there. */
const executablePath = process.env.CHROMIUM ?? places.find((place) => existsSync(place));

/** Continuous integration must have a browser, a laptop may do without. */
export const canDrive = executablePath !== undefined || process.env.CI !== undefined;

/** Starts the browser. The caller closes it. */
export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: executablePath ?? '/usr/bin/chromium', args: flags });
}

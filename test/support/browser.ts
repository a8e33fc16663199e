import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** Debian's Chromium; another path may be named for other machines. */
const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

/** What keeps it quiet and at home: no sandbox as tests may run as root, nothing fetched from anywhere else. */
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What a page said and asked for that it should not have. */
interface Watch {
  /** Errors of the console and exceptions nobody caught, without the known harmless ones. */
  readonly errors: string[];
  /** Requests beyond loopback. */
  readonly foreign: string[];
}

export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly watch: Watch;
}

/** Chromium on a busy machine. */
const START_MS = 90_000;

/** One browser for all tests of a file: started before the first, closed after the last. Gives what asks for it. */
export function browserOfFile(): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args });
  }, START_MS);
  afterAll(() => browser?.close());
  return () => {
    if (!browser) throw new Error("the browser is there within tests only");
    return browser;
  };
}

const atHome = /^(127\.0\.0\.1|localhost|.+\.localhost)$/;

/**
 * A person with a browser of their own (no shared storage). `harmless` says which console errors are expected, each
 * with its reason where it is given.
 */
export async function visitor(browser: Browser, harmless: readonly RegExp[] = []): Promise<Visitor> {
  const context = await browser.newContext({ locale: "de-DE", viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const watch: Watch = { errors: [], foreign: [] };
  const note = (text: string) => {
    if (!harmless.some((pattern) => pattern.test(text))) watch.errors.push(text);
  };
  page.on("console", (message) => {
    if (message.type() === "error") note(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => note(`${error.name}: ${error.message}`));
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (/^(https?|wss?):$/.test(protocol) && !atHome.test(hostname)) watch.foreign.push(request.url());
  });
  return { page, context, watch };
}

/** Keeps a picture for the documentation, where SCREENSHOTS names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
}

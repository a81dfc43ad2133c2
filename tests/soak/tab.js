/** A tab with the page, as a visitor uses it. */

/** Milliseconds that anything may take. */
const PATIENCE = 120_000;

export class Tab {
  /** The network and the picture on the page. */
  #network = "efficientnet_lite0";
  #explained = false;
  #sample = 0;

  /** @param {import("puppeteer-core").Page} page  @param {string} address */
  constructor(page, address) {
    this.page = page;
    this.address = address;
  }

  /** @param {import("puppeteer-core").Browser} browser  @param {string} address */
  static async open(browser, address) {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    const tab = new Tab(page, address);
    await page.goto(address, { timeout: PATIENCE });
    await tab.#started();
    return tab;
  }

  async #started() {
    await this.#until(() => /^Computing on/.test(document.querySelector("#engine").textContent));
    await this.page.evaluate(() => (document.querySelector(".settings").open = true));
    this.#network = "efficientnet_lite0";
    this.#explained = false;
  }

  async reload() {
    await this.page.goto(this.address, { timeout: PATIENCE });
    await this.#started();
  }

  /**
   * Waits until what is asked in the page is true; asked by the clock, since a hidden tab draws no frames.
   * @param {(argument: any) => unknown} doing  @param {unknown} [argument]
   */
  async #until(doing, argument) {
    try {
      return await this.page.waitForFunction(doing, { polling: 50, timeout: PATIENCE }, argument);
    } catch (error) {
      const state = await this.page.evaluate(() => {
        const text = (/** @type {string} */ selector) => document.querySelector(selector)?.textContent.trim();
        const seen = ["#live", "#notices", "#progress-text", "#engine", "#predictions"].map(text);
        const { value } = document.querySelector("#network");
        return [...seen, value, document.querySelector("#method").value, location.hash, document.hidden];
      });
      throw new Error(`never true: ${doing}, ${JSON.stringify(state)}`, { cause: error });
    }
  }

  /** @param {string} selector  @param {string} file */
  async #give(selector, file) {
    const input = await this.page.$(selector);
    await input.uploadFile(file);
  }

  /** A network whose passes break the worker. @param {string} file */
  async crash(file) {
    if (!this.#explained) {
      await this.#forget();
      await this.#click(0);
      await this.#settled();
      [this.#explained, this.#sample] = [true, 0];
    }
    await this.#give("#own-file", file);
    await this.#until(() => /broke off/.test(document.querySelector("#notices").textContent));
    this.#network = "";
  }

  /** @param {{ network: string, file: string | null }} question */
  async #load({ network, file }) {
    if (this.#network === network) return;
    const name = file ? `${network}.onnx` : network;
    const isKnown = await this.page.evaluate(
      (name) => [...document.querySelector("#network").options].some(({ value }) => value === name),
      name,
    );
    await this.#forget();
    if (isKnown) await this.page.select("#network", name);
    else await this.#give("#own-file", file);
    await this.#until((name) => document.querySelector("#network").value === name, name);
    if (this.#explained) await this.#settled();
    this.#network = network;
  }

  /** What was said of the explanation before is gone. */
  #forget() {
    return this.page.evaluate(() => {
      document.querySelector("#live").textContent = "";
      document.querySelector("#notices").replaceChildren();
    });
  }

  /** An explanation is done and shown, or refused with a sentence: classes can be asked about again then. */
  async #settled() {
    await this.#until(
      () => document.querySelector("#live").textContent || document.querySelector("#notices [data-kind=error]"),
    );
    await this.#until(
      () =>
        document.querySelector("#notices [data-kind=error]") ||
        // Of the first picture of all nothing is shown then.
        /^Cancelled/.test(document.querySelector("#live").textContent) ||
        document.querySelector("#predictions button")?.getAttribute("aria-disabled") === "false",
    );
  }

  /** @param {number} sample */
  #click(sample) {
    return this.page.evaluate((sample) => document.querySelectorAll("#samples button")[sample].click(), sample);
  }

  /**
   * Explains as a visitor would: another method for the picture that is there, then another picture. Answers with what was asked and a
   * checksum of what is shown, or what was said instead, of both.
   * @param {{ network: string, file: string | null, layer: string, method: string, sample: number }} question
   * @param {{ cancel: boolean, whileItGoes: (() => Promise<void>) | null }} disturbed
   */
  async explain(question, { cancel, whileItGoes }) {
    await this.#load(question);
    const [method, ...options] = question.method.split(" ");
    const link = new URLSearchParams([
      ["layer", question.layer],
      ["method", method],
    ]);
    for (const option of options) link.set(...option.split("="));
    // Another link: with a picture on the page it is explained anew, by the settings of the link.
    await this.#forget();
    await this.page.evaluate((link) => (location.hash = link), `${link}&${Math.random()}`);
    const found = [];
    if (this.#explained) {
      await this.#settled();
      found.push([{ ...question, sample: this.#sample }, await this.#shown()]);
    } else await this.#until((method) => document.querySelector("#method").value === method, method);
    await this.#forget();
    await this.#click(question.sample);
    if (cancel) await this.#cancel();
    await whileItGoes?.();
    await this.#settled();
    if (cancel) await this.#goOn(question.sample);
    const shown = await this.#shown();
    // A method that refuses the layer leaves the picture that was there.
    if (/^[0-9a-f]{16} /.test(shown)) [this.#explained, this.#sample] = [true, question.sample];
    return [...found, [question, shown]];
  }

  /** Cancels as soon as that can be done; what is quicker than that is done. */
  #cancel() {
    return this.#until(() => {
      const cancel = document.querySelector("#cancel");
      if (!cancel.hidden && document.querySelector("#progress").offsetParent) cancel.click();
      return document.querySelector("#live").textContent || document.querySelector("#notices [data-kind=error]");
    });
  }

  /** After a Cancel there is a part of the map, all of it, or the picture before; in the end there is all of it. @param {number} sample */
  async #goOn(sample) {
    const proceeds = await this.page.evaluate(() => {
      const said = document.querySelector("#live").textContent;
      const proceed = document.querySelector("#continue");
      if (proceed.hidden) return /^Cancelled/.test(said) ? "again" : "";
      document.querySelector("#live").textContent = "";
      proceed.click();
      return "continue";
    });
    if (proceeds === "again") {
      await this.#forget();
      await this.#click(sample);
    }
    if (proceeds) await this.#settled();
  }

  /** The classes and the map's pixels, as a checksum. */
  #shown() {
    return this.page.evaluate(async () => {
      const error = document.querySelector("#notices [data-kind=error] p")?.textContent;
      if (error) return error;
      const heat = document.querySelector("#heat");
      const pixels = heat.getContext("2d").getImageData(0, 0, heat.width, heat.height).data;
      const digest = await crypto.subtle.digest("SHA-256", pixels);
      const map = [...new Uint8Array(digest)]
        .slice(0, 8)
        .map((byte) => byte.toString(16).padStart(2, "0"))
        .join("");
      const classes = [...document.querySelectorAll("#predictions li")].map(({ textContent }) => textContent.trim());
      return `${map} ${classes.slice(0, 5).join(", ")}`;
    });
  }
}

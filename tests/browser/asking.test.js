/** Comparing methods and putting a map to the test, as a visitor does it; what the page says is what the module says. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { enter, finished, openExplained, sample, saved } from "./page.js";

let tab, page;
before(async () => {
  tab = await openExplained();
  ({ page } = tab);
  // The same picture and layer by the module, in the page: what the page's numbers must be.
  await page.evaluate(async () => {
    const { ScoreCam } = await import("/scorecam.js");
    const cam = await ScoreCam.create({ threads: 1 });
    await cam.loadModel({ catalog: "efficientnet_lite0" });
    const picture = await (await fetch("/samples/chelsea.png")).blob();
    const result = await cam.explain(picture, { layer: "blocks.2.depthwise.relu6" });
    Object.assign(globalThis, { cam, result });
  });
});
after(() => tab?.close());

const region = (name) => page.getByRole("region", { name });
const wall = () => region("The same question to every method");
const tile = (method) =>
  wall()
    .getByRole("listitem")
    .filter({ has: page.getByText(method, { exact: true }) });
const filled = () =>
  page.waitForFunction(() => !document.querySelector(".tile[data-phase=waiting], .tile[data-phase=running]"));
const percentOf = (text) => Number(text.match(/([\d.]+)%/)[1]) / 100;

test("a wall of maps fills itself: what is quick, with its cost; what takes long says so and waits; what cannot be says why", async () => {
  await enter(page, "Compare");
  await filled();
  await tile("Grad-CAM").getByRole("button", { name: "The map of Grad-CAM" }).waitFor();
  assert.match(await tile("Grad-CAM").textContent(), /no masked pictures, [\d.]+ s/);
  // On a slow machine it waits to be asked for, too.
  assert.match(await tile("Occlusion").textContent(), /169 passes, (about )?[\d.]+ s/);
  assert.match(await tile("RISE").textContent(), /4,000 passes, about \d+ s/);
  assert.match(await tile("CAM").textContent(), /CAM needs a layer behind which/);
  // The agreement of the maps is there without being asked for, random maps beside them.
  await page.getByText("How far the methods agree").click();
  const table = region("How far the methods agree").getByRole("table");
  const names = await table.getByRole("rowheader").allTextContents();
  assert.ok(
    names.includes("Score-CAM") && names.includes("Random 1") && names.includes("A spot in the centre"),
    `${names}`,
  );
  const cells = await table.getByRole("cell").allTextContents();
  const side = names.length;
  // The first cell is the corner.
  assert.equal(cells.length, side * side + 1);
  for (let i = 0; i < side; i++) assert.equal(Number(cells[1 + i * side + i]), 1, names[i]);
});

test("the wall is sorted by a measure, and its numbers are the module's", async () => {
  await page.getByLabel("In the order of").selectOption("drop-soft");
  const worths = (await wall().locator(".worth").allTextContents()).map((text) => Number(text.match(/([\d.]+)$/)[1]));
  assert.ok(worths.length > 6, `${worths}`);
  assert.deepEqual(
    worths,
    worths.toSorted((a, b) => a - b),
    "of a drop less is better",
  );
  const expected = await page.evaluate(async () => {
    const { rows } = await globalThis.result.measure({ measures: ["drop"], baselines: false });
    return rows[0].numbers.find(({ name }) => name === "drop-soft").value;
  });
  const found = Number((await tile("Score-CAM").locator(".worth").textContent()).match(/([\d.]+)$/)[1]);
  assert.ok(Math.abs(found - expected) < 2e-3, `${found} ${expected}`);
});

test("a map of the wall that is clicked is the one that every other part follows", async () => {
  await tile("Grad-CAM")
    .getByRole("button", { name: /Grad-CAM/ })
    .click();
  await tile("Grad-CAM")
    .getByRole("button", { name: /Grad-CAM/, pressed: true })
    .waitFor();
  await enter(page, "Explain");
  await page
    .locator("dt", { hasText: "Method" })
    .locator("+ dd")
    .filter({ hasText: /^Grad-CAM$/ })
    .waitFor();
  assert.equal(await page.getByLabel("Method", { exact: true }).inputValue(), "grad-cam");
  await enter(page, "Compare");
  await filled();
  await tile("Score-CAM")
    .getByRole("button", { name: /Score-CAM/ })
    .click();
  await tile("Score-CAM")
    .getByRole("button", { name: /Score-CAM/, pressed: true })
    .waitFor();
  assert.deepEqual(tab.errors, []);
});

test("the picture is taken apart in the map's order: the film shows the curve's own numbers, and the verdict counts", async () => {
  await enter(page, "Test");
  const film = region("Take the picture apart in the map’s order");
  await film.getByRole("button", { name: "Put the map to the test" }).click();
  await film.getByText(/^Hiding the hottest tenth/).waitFor();
  const measured = await page.evaluate(async () => globalThis.result.measure({ measures: ["deletion-insertion"] }));
  const deletion = measured.rows[0].curves.find(({ name }) => name === "deletion-mean");
  for (const step of [0, 60, 224]) {
    await film.getByLabel("Hidden, hottest first").fill(String(step));
    const said = percentOf(await film.locator(".bar").textContent());
    assert.ok(Math.abs(said - deletion.y[step]) < 2e-3, `${step}: ${said} ${deletion.y[step]}`);
  }
  // The pixels that are gone are as many as the curve says.
  const share = await page.evaluate(async () => {
    const cover = await globalThis.result.coverOf({ share: 0.25 });
    return cover.reduce((sum, value) => sum + value) / cover.length;
  });
  assert.ok(Math.abs(share - 0.25) < 1e-4);
  const verdict = await film.getByRole("listitem").allTextContents();
  assert.equal(verdict.length, 3);
  const worth = ({ numbers }, name) => {
    const { value, better } = numbers.find((number) => number.name === name);
    return better === "lower" ? -value : value;
  };
  const [own, ...baselines] = measured.rows;
  const random = baselines.filter(({ name }) => name.startsWith("random"));
  const areas = ["deletion-mean", "insertion-mean", "deletion-blur", "insertion-blur"];
  const wins = areas.filter((name) => random.every((map) => worth(own, name) > worth(map, name))).length;
  assert.ok(verdict[2].includes(`in ${wins}`) || wins === 4, `${wins}: ${verdict[2]}`);
  assert.match(await film.textContent(), /None of these numbers proves a map right/);
});

test("what is painted over is hidden from the network: the classes are those that the module gives for the same pixels", async () => {
  const hand = region("Cover it with your own hand");
  const canvas = hand.getByRole("application");
  await hand.getByText(/^Nothing is covered: Egyptian cat/).waitFor();
  await hand.getByLabel("Tool").selectOption("rectangle");
  await canvas.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await canvas.boundingBox();
  await page.mouse.move(x + width * 0.25, y + height * 0.25);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.5, y + height * 0.5);
  await page.mouse.up();
  await hand.getByText(/^You cover 6%/).waitFor();
  const expected = await page.evaluate(async () => {
    const { result } = globalThis;
    const cover = new Float32Array(224 * 224);
    for (let y = 56; y <= 112; y++) cover.fill(1, y * 224 + 56, y * 224 + 113);
    return result.cover({ cover });
  });
  const said = await hand.getByText(/^You cover/).textContent();
  const [, after] = said.match(/to ([\d.]+)%/);
  assert.ok(Math.abs(after / 100 - expected.probability) < 0.01, `${said}, ${expected.probability}`);
  await hand.getByRole("button", { name: "Undo" }).click();
  await hand.getByText(/^Nothing is covered/).waitFor();
  // By keyboard alone.
  await canvas.focus();
  await page.keyboard.press("Space");
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await hand.getByText(/^You cover 2%/).waitFor();
  await page.keyboard.press("Control+z");
  await hand.getByText(/^Nothing is covered/).waitFor();
  assert.deepEqual(tab.errors, []);
});

test("at least twenty answers a second while one paints, and never one that is older than what is painted", async () => {
  const hand = region("Cover it with your own hand");
  await hand.getByLabel("Tool").selectOption("brush");
  const canvas = hand.getByRole("application");
  const { x, y, width, height } = await canvas.boundingBox();
  await page.evaluate(() => {
    globalThis.answers = 0;
    new MutationObserver(() => globalThis.answers++).observe(document.querySelector("#hand-said"), { childList: true });
  });
  await page.mouse.move(x + width * 0.2, y + height * 0.2);
  await page.mouse.down();
  for (let i = 0; i < 120; i++)
    await page.mouse.move(x + width * (0.2 + i * 0.005), y + height * (0.2 + (i % 7) * 0.02));
  await page.mouse.up();
  const last = await page.evaluate(async () => {
    // Whatever still waits is one answer.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { answers } = globalThis;
    await new Promise((resolve) => setTimeout(resolve, 500));
    return { answers, later: globalThis.answers };
  });
  assert.ok(last.answers > 10 && last.later === last.answers, JSON.stringify(last));
  await hand.getByRole("button", { name: "Clear" }).click();
});

test("the smallest cover by the map changes the network's mind, and before and after are saved", async () => {
  const hand = region("Cover it with your own hand");
  await hand.getByRole("button", { name: /^Smallest cover/ }).click();
  await hand.getByText(/The network has changed its mind/).waitFor();
  const { name, bytes } = await saved(page, "Save before and after (PNG)");
  assert.equal(name, "chelsea.covered.png");
  assert.equal(bytes.subarray(1, 4).toString(), "PNG");
});

test("a guess is set against the map only when it is revealed", async () => {
  const guess = region("Guess first");
  const reveal = guess.getByRole("button", { name: "Reveal the map" });
  assert.ok(await reveal.isDisabled());
  const canvas = guess.getByRole("application");
  await canvas.focus();
  await page.keyboard.press("Space");
  await reveal.click();
  const said = await guess.getByText(/^Your marks are/).textContent();
  const [, area, evidence, times] = said.match(/are ([\d.]+)% .* hold ([\d.]+)% .* ([\d.]+) times/);
  assert.ok(Math.abs(times - evidence / area) < 0.4, said);
  await guess.getByText(/^Guesses so far: 1/).waitFor();
});

test("the weights are made random from the answer down, and the strip says whether the map follows", async () => {
  const cascade = region("Does it look at the network at all?");
  await cascade.getByLabel("Beside it").selectOption("grad-cam");
  await cascade.getByRole("button", { name: "Forget what it learned" }).click();
  await cascade.getByText(/^With all weights random, the map of Grad-CAM/).waitFor();
  assert.equal(await cascade.getByRole("img").count(), 2 * 7);
  const likeness = Number(
    (await cascade.getByText(/^With all weights random, the map of Score-CAM/).textContent()).match(
      /likeness of (-?[\d.]+)/,
    )[1],
  );
  assert.ok(Math.abs(likeness) <= 1);
});

test("a box is drawn, and of each map the share in it is told as the module tells it", async () => {
  await enter(page, "Compare");
  const box = region("Draw a box around it");
  const canvas = box.getByRole("application");
  await canvas.focus();
  for (let i = 0; i < 14; i++) await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Space");
  for (let i = 0; i < 7; i++) await page.keyboard.press("ArrowRight");
  for (let i = 0; i < 7; i++) await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await box.getByText(/^The box is 6% of the picture/).waitFor();
  const expected = await page.evaluate(async () => {
    const { result } = globalThis;
    const [across, down] = [result.region.width / 224, result.region.height / 224];
    const within = { x: 0, y: 112 * down, width: 57 * across, height: 57 * down };
    const { rows } = await result.measure({ measures: ["energy"], box: within, baselines: false });
    return rows[0].numbers.find(({ name }) => name === "energy").value;
  });
  const row = box.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "Score-CAM", exact: true }) });
  const found = percentOf(await row.getByRole("cell").textContent());
  assert.ok(Math.abs(found - expected) < 0.006, `${found} ${expected}`);
  assert.ok((await box.getByRole("row").count()) > 8, "beside the other maps and chance");
});

test("the report has the maps, the film and the covered picture, and the link has the mode", async () => {
  await enter(page, "Test");
  await region("Cover it with your own hand").getByRole("application").focus();
  await page.keyboard.press("Space");
  await region("Cover it with your own hand")
    .getByText(/^You cover/)
    .waitFor();
  await enter(page, "Explain");
  const text = (await saved(page, "Save everything (HTML)")).bytes.toString();
  for (const part of [
    "The same question to every method",
    "How far the methods agree",
    "Hiding the hottest tenth",
    "You cover",
  ])
    assert.ok(text.includes(part), part);
  assert.ok(!text.includes("<script"));
  const { name, bytes } = await saved(page, /^Save a lesson sheet/);
  assert.equal(name, "chelsea.lesson.html");
  const sheet = await page.context().newPage();
  try {
    await sheet.setContent(bytes.toString());
    const pdf = (await sheet.pdf({ preferCSSPageSize: true })).toString("latin1");
    assert.equal(pdf.match(/\/Type\s*\/Page\b/g).length, 2, "two pages");
  } finally {
    await sheet.close();
  }
  await enter(page, "Compare");
  await page.evaluate(() => (location.hash = "#mode=test"));
  await region("Guess first").waitFor();
});

test("patches of one colour are covered by a click, and what is covered stays when another map is shown", async () => {
  await enter(page, "Test");
  const hand = region("Cover it with your own hand");
  await hand.getByLabel("Tool").selectOption("patch");
  await hand.getByText(/^\d+ patches: click one to hide it/).waitFor();
  await hand.getByRole("application").focus();
  await page.keyboard.press("Space");
  const said = hand.getByText(/^You cover [\d.]+%/);
  const [area] = (await said.textContent()).match(/[\d.]+%/);
  await enter(page, "Compare");
  await filled();
  await tile("Eigen-CAM").getByRole("button").click();
  await tile("Eigen-CAM").getByRole("button", { pressed: true }).waitFor();
  await enter(page, "Test");
  await hand.getByText(new RegExp(`^You cover ${area}`)).waitFor();
  await enter(page, "Compare");
  await tile("Score-CAM").getByRole("button").click();
  await tile("Score-CAM").getByRole("button", { pressed: true }).waitFor();
  assert.equal(await page.locator("#recipe").inputValue(), "authors");
  await enter(page, "Test");
  await hand.getByRole("button", { name: "Clear" }).click();
  await hand.getByLabel("Tool").selectOption("brush");
});

test("groups and contrasts are asked from the list of classes", async () => {
  await page.getByLabel("Any other class, by name or number").fill("tiger cat");
  await page.getByLabel("Ask about it").selectOption("against");
  await page
    .locator("#class-matches")
    .getByRole("button", { name: /tiger cat/ })
    .first()
    .click();
  await region("Cover it with your own hand")
    .getByText(/Egyptian cat.*tiger cat/)
    .first()
    .waitFor();
  await page.getByLabel("Any other class, by name or number").fill("cat");
  await page.getByRole("button", { name: /^All \d+ of these together/ }).click();
  await region("Cover it with your own hand").getByText(/tabby/).first().waitFor();
  assert.deepEqual(tab.errors, []);
});

test("on the Japanese page the classes have Japanese names, and are found by either", async () => {
  await enter(page, "Explain");
  await page.locator("#language").selectOption("ja");
  const query = page.locator("#class-query");
  for (const wanted of ["信号機", "traffic light"]) {
    await query.fill(wanted);
    await page
      .locator("#class-matches")
      .getByRole("button", { name: /信号機/ })
      .waitFor();
  }
  await query.fill("");
  await page.locator("#predictions").getByText("虎毛の猫").waitFor();
  await page.locator("#language").selectOption("en");
  await page.locator("#predictions").getByText("tiger cat").waitFor();
});

test("another picture begins anew, in whatever mode", async () => {
  await enter(page, "Test");
  await sample(page, "A cup of coffee").click();
  await finished(page);
  const film = region("Take the picture apart in the map’s order");
  await film.getByRole("button", { name: "Put the map to the test" }).waitFor();
  assert.equal(await film.getByText(/^Hiding the hottest tenth/).isVisible(), false);
  await region("Cover it with your own hand")
    .getByText(/^Nothing is covered: espresso/)
    .waitFor();
  await enter(page, "Compare");
  await filled();
  assert.equal(await wall().getByRole("button", { name: "The map of Score-CAM" }).count(), 1);
  assert.deepEqual(tab.errors, []);
});

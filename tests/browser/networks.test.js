import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { open, prediction, sample } from "./page.js";

let tab, page;
before(async () => {
  // A host that lists a network whose file it does not have.
  const prepare = (page) =>
    page.route("**/catalog.json", async (route) => {
      const response = await route.fetch();
      const catalogue = await response.json();
      catalogue.files["squeezenet1.1-7.onnx"] = "../assets/squeezenet1.1-7.onnx";
      await route.fulfill({ response, json: catalogue });
    });
  tab = await open({ prepare });
  ({ page } = tab);
  await page.getByText("Network, layer and recipe").click();
});
after(() => tab?.close());

const network = () => page.getByLabel("Network", { exact: true });

test("the page offers the networks of the catalogue whose files are there", async () => {
  await page.waitForFunction(() => document.querySelector("#network").value === "efficientnet_lite0");
  assert.deepEqual(await network().locator("option").allTextContents(), ["EfficientNet-Lite0", "SqueezeNet 1.1"]);
});

test("a network that cannot be loaded leaves the one before in use", async () => {
  await network().selectOption("squeezenet");
  await page
    .getByRole("alert")
    .getByText("squeezenet1.1-7.onnx could not be fetched: the server answered 404.")
    .waitFor();
  assert.equal(await network().inputValue(), "efficientnet_lite0");
  await sample(page, "A cup of coffee").click();
  await prediction(page, "espresso").waitFor();
});

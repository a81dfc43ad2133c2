/** What is asked in a soak: pictures, methods and networks in an order in which each meets each, and the same comes again. */

/** Networks with a layer of few channels, so that hundreds of explanations take minutes. */
export const NETWORKS = [
  { name: "efficientnet_lite0", file: null, layer: "blocks.2.depthwise.relu6" },
  { name: "resnet18", file: "target/networks/resnet18.onnx", layer: "stage1.block2.relu" },
  { name: "squeezenet", file: "target/networks/squeezenet.onnx", layer: "fire9.squeeze.relu" },
  { name: "mobilenetv2", file: "target/networks/mobilenetv2.onnx", layer: "stage4.3" },
];

/** Every method, those of many passes with fewer. */
export const METHODS = [
  "score-cam",
  "grad-cam",
  "recipro-cam",
  "rise method.masks=150",
  "layer-cam",
  "occlusion method.window=64 method.stride=32",
  "eigen-cam",
  "lime method.samples=150",
  "ablation-cam",
  "ss-cam method.samples=2",
  "grad-cam-plus-plus",
  "kernel-shap method.samples=150",
  "xgrad-cam",
  "is-cam method.samples=2",
  "hires-cam",
  "vit-cx",
  "cam",
];

/** How many pictures the page comes with. */
export const SAMPLES = 7;

/** Explanations by a network before another is loaded. */
const BY_A_NETWORK = 5;

/**
 * Endless. The numbers of networks, methods and pictures have no common factor with the steps, so that every pair comes; after a round
 * all comes again.
 * @param {typeof NETWORKS} networks
 */
export function* questions(networks) {
  const ROUND = 80;
  for (let at = 0; ; at++) {
    const step = at % ROUND;
    const { name, file, layer } = networks[Math.floor(step / BY_A_NETWORK) % networks.length];
    yield { network: name, file, layer, method: METHODS[(3 * step) % METHODS.length], sample: step % SAMPLES };
  }
}

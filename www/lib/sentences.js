/**
 * The errors of this module by their codes: kind, what was found and expected, what to do, in English, with places to fill in. Those of
 * the core stand in src/error/sentences.json.
 *
 * @type {Record<string, [kind: import("../scorecam.js").ErrorKind, message: string, hint: string]>}
 */
export default {
  argument: ["option", "{name} is {found}.", "Give {expected}."],
  "unknown-option": ["option", "There is no option {found}.", "There are: {names}."],
  "network-unnamed": [
    "option",
    "Neither a network of the catalogue nor a file was named.",
    'Give { catalog: "efficientnet_lite0" } or { bytes }, the bytes of an ONNX file.',
  ],
  "network-argument": [
    "option",
    "{name} is {found}.",
    'Give { catalog: "efficientnet_lite0" } or { bytes }, the bytes of an ONNX file.',
  ],
  "not-a-result": [
    "option",
    "What this result should be compared with is not a result.",
    "Give what explain, forClass, forTarget or forRecipe answered with.",
  ],
  "result-gone": ["option", "The scores of this result are no longer in memory.", "Explain the picture again."],
  superseded: ["superseded", "Another network was chosen before this one was loaded.", "Nothing needs to be done."],
  disposed: ["disposed", "This ScoreCam was disposed of.", "Create another."],
  "no-network": ["model", "No network is loaded.", "Call loadModel first."],
  "not-in-catalogue": ["model", 'The catalogue has no network called "{name}".', "It has: {names}."],
  "no-simd": ["browser", "This browser has no WebAssembly SIMD.", "Use a current Chrome, Edge, Firefox or Safari."],
  "no-webassembly": [
    "browser",
    "This browser runs no WebAssembly; Lockdown Mode on an iPhone or iPad switches it off.",
    "Switch Lockdown Mode off for this site, or use a current Chrome, Edge, Firefox or Safari.",
  ],
  "no-build": ["browser", 'This browser cannot run the build "{name}".', "Leave the build open."],
  "no-atomics": [
    "browser",
    "This browser has WebAssembly SIMD but no atomic operations.",
    "Use a current Chrome, Edge, Firefox or Safari.",
  ],
  "no-memory": [
    "browser",
    "This browser sets no {megabytes} MB of memory aside, the least that is needed.",
    "Close other tabs and load the page again.",
  ],
  "memory-too-small": [
    "browser",
    "{name} needs about {needs} MB of memory; this browser allows {memory} MB. It was not downloaded.",
    "Choose a smaller network, or another browser or machine.",
  ],
  "worker-broke-off": [
    "internal",
    "The worker could not be started or broke off: {cause}.",
    "Check that the server still runs, then try again.",
  ],
  "worker-failed": ["internal", "The worker failed: {cause}.", "Try again; if it happens again, please report it."],
  crash: ["internal", "The computation broke off: {cause}.", "Try again; if it happens again, please report it."],
  "download-unreachable": [
    "network",
    "{file} could not be fetched.",
    "Check that the server still runs, then try again.",
  ],
  "download-refused": [
    "network",
    "{file} could not be fetched: the server answered {status}.",
    "Run ./build.sh to make it part of dist/.",
  ],
  "download-size": [
    "network",
    "{file} has {found} bytes; {expected} were expected.",
    "The download was cut off or the file is another one; try again.",
  ],
  "download-checksum": [
    "network",
    "{file} is not the file that the catalogue describes: its checksum differs.",
    "Fetch it again from its source.",
  ],
  "picture-refused": ["image", "The picture could not be fetched: the server answered {status}.", "Check its address."],
  "picture-read-before": [
    "image",
    "The Response was read before.",
    "Give a Response whose body is unread, or response.clone().",
  ],
  "picture-not-shown": ["image", "The <img> shows no picture.", "Wait for its load event, and check its address."],
  "picture-unloaded": ["image", "The picture is {width} by {height} pixels.", "Wait until it is loaded."],
  "picture-foreign": [
    "image",
    "The picture comes from another site, which does not allow its pixels to be read.",
    "Load it with crossorigin, or give the file itself.",
  ],
  "picture-undrawable": ["image", "The picture cannot be drawn ({cause}).", "Give the file itself."],
  "picture-argument": [
    "option",
    "The picture is {found}.",
    "Give a File, Blob, ArrayBuffer, typed array, Response, ImageData, ImageBitmap, canvas, <img> or <video>.",
  ],
};

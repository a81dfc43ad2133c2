import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["dist/", "target/", "node_modules/", ".tools/"] },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": ["error", { destructuring: "all" }],
      "no-unused-vars": ["error", { caughtErrors: "all", ignoreRestSiblings: true }],
    },
  },
  { files: ["www/**"], languageOptions: { globals: globals.browser } },
  { files: ["www/lib/worker.js", "tests/bench/peer_worker.js"], languageOptions: { globals: globals.worker } },
  {
    files: ["tests/browser/**", "tests/soak/**", "tests/bench/page.js", "tests/bench/folder_page.js"],
    languageOptions: { globals: globals.browser },
  },
  { files: ["tools/**", "tests/**", "*.js"], languageOptions: { globals: globals.node } },
];

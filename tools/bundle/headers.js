/** Response headers and the policy of the page: the one place that they are written in. Hosts get them in their own forms. */

import { createHash } from "node:crypto";
import { ISOLATION } from "../../www/sw/isolation.js";

/** Files whose names have the hash of their content. */
const IMMUTABLE = "/assets/*";

const YEAR = 31_536_000;

/** What neither the pages nor anything in them may ask the browser for. */
const FORBIDDEN = [
  "microphone",
  "geolocation",
  "payment",
  "usb",
  "serial",
  "hid",
  "midi",
  "display-capture",
  "browsing-topics",
];

/** How a policy names a script or style that stands in a page. */
export const sum = (script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`;

/**
 * What the pages may do. It allows no foreign origin. blob: is for pictures that were chosen. Trusted Types: see www/lib/trusted.js.
 * What stands in a page cannot say who may frame it, the server can.
 * @param {{ scripts: string[] }} inline  scripts that stand in a page
 */
export function contentSecurityPolicy({ scripts }) {
  const directives = [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval' ${scripts.map(sum).join(" ")}`,
    "worker-src 'self'",
    "connect-src 'self'",
    "img-src 'self' blob:",
    "style-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    // The page has the module in it; who uses the module in the same page as well makes the policy again.
    "trusted-types scorecam default 'allow-duplicates'",
  ];
  return { ofPage: directives.join("; "), ofServer: [...directives, "frame-ancestors 'self'"].join("; ") };
}

/** Path pattern -> headers. @param {string} policy */
function headers(policy) {
  const everywhere = {
    ...ISOLATION,
    "Content-Security-Policy": policy,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    // The camera for the page itself, which asks the visitor first.
    "Permissions-Policy": ["camera=(self)", ...FORBIDDEN.map((name) => `${name}=()`)].join(", "),
  };
  const forEver = { "Cache-Control": `public, max-age=${YEAR}, immutable` };
  return { "/*": everywhere, [IMMUTABLE]: forEver };
}

/** `_headers` for Netlify and Cloudflare Pages, vercel.json for Vercel. @param {string} policy */
export function hostFiles(policy) {
  const rules = Object.entries(headers(policy));
  const lines = rules.flatMap(([path, set]) => [
    path,
    ...Object.entries(set).map(([name, value]) => `  ${name}: ${value}`),
    "",
  ]);
  const vercel = rules.map(([path, set]) => ({
    source: path.replaceAll("*", "(.*)"),
    headers: Object.entries(set).map(([key, value]) => ({ key, value })),
  }));
  return { _headers: lines.join("\n"), "vercel.json": `${JSON.stringify({ headers: vercel }, null, 2)}\n` };
}

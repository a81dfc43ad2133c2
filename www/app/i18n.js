/** The page's language: the sentences of i18n/, numbers and units by Intl. */

import en from "../i18n/en.js";
import errorsJa from "../i18n/errors.ja.js";
import ja from "../i18n/ja.js";
import { recall, remember } from "./storage.js";

const LANGUAGES = { en, ja };
/** Sentences of the core, which are English, as [English, translation] with places to fill in. */
const ERRORS = { ja: errorsJa };
const STORED = "scorecam-language";
/** Values that are names out of files: of tensors, classes, networks. */
const NAMES = new Set(["name", "label", "model", "layer", "first", "second"]);
/** Characters of a name that are shown. */
const LONGEST_NAME = 80;

let language = initial();

/** The sentence for a key, `{name}` replaced by `values.name`. */
export function t(key, values = {}) {
  const sentence = LANGUAGES[language][key];
  if (sentence === undefined) throw new Error(`no sentence for "${key}"`);
  return sentence.replace(/\{(\w+)\}/g, (_, name) => (NAMES.has(name) ? shown(String(values[name])) : values[name]));
}

/** A sentence of the core in the page's language, or as it is where there is no translation. */
export function translateError(sentence) {
  for (const [english, translation] of ERRORS[language] ?? []) {
    const match = sentence.match(pattern(english));
    // What is filled in may be a sentence of the core itself.
    if (match) return translation.replace(/\{(\d)\}/g, (_, place) => translateError(match.groups[`p${place}`]));
  }
  return sentence;
}

/** `{0}` stands for any text. */
function pattern(english) {
  const literal = english.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replace(/\{(\d)\}/g, "(?<p$1>.*?)")}$`, "s");
}

/** Making a formatter takes longer than writing a thousand numbers with it. */
const formatters = new Map();

function format(value, style, digits, atLeast = digits) {
  const key = `${language} ${style} ${digits} ${atLeast}`;
  if (!formatters.has(key)) {
    formatters.set(
      key,
      new Intl.NumberFormat(language, { style, minimumFractionDigits: atLeast, maximumFractionDigits: digits }),
    );
  }
  return formatters.get(key).format(value);
}

/** Digits that a small number keeps: it should not look like zero. */
const SIGNIFICANT = 2;

/** Digits after the point, more where a number other than zero would be written as zero. */
function digitsFor(value, digits) {
  const size = Math.abs(value);
  return digits > 0 && size > 0 && size < 0.5 * 10 ** -digits
    ? Math.min(12, Math.ceil(-Math.log10(size)) + SIGNIFICANT - 1)
    : digits;
}

/** A number, grouped as the language does, with `digits` after the point, or as many as a small one needs. */
export const number = (value, digits = 0) => format(value, "decimal", digitsFor(value, digits));

/** A large number in words of the language: 386 million, 3.86億. */
export const large = (value) =>
  new Intl.NumberFormat(language, { notation: "compact", compactDisplay: "long", maximumSignificantDigits: 3 }).format(
    value,
  );

/** A day and a time of day. */
export const moment = (date) =>
  new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(date);

/** Characters that are not seen, or that turn the text around them. */
// eslint-disable-next-line no-control-regex -- those are what is looked for
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A name out of a file as it can be shown: on one line, its middle left out where it is long. */
export function shown(name) {
  const escape = (text) => text.replace(HIDDEN, (hidden) => `\\u{${hidden.codePointAt(0).toString(16)}}`);
  const half = LONGEST_NAME / 2;
  return name.length > LONGEST_NAME ? `${escape(name.slice(0, half))}…${escape(name.slice(-half))}` : escape(name);
}

/** A score: a probability or a logit. */
export const score = (value) => number(value, 3);

/** A share of one as a percentage with one decimal; `digits: 0` for none. */
export const percent = (value, digits = 1) => format(value, "percent", digitsFor(100 * value, digits));

/** A duration in milliseconds, in seconds or in minutes. */
export function duration(ms) {
  const seconds = ms / 1000;
  if (seconds >= 60) return t("minutes", { minutes: Math.floor(seconds / 60), seconds: Math.round(seconds % 60) });
  const digits = seconds < 10 ? 1 : 0;
  return t("seconds", { value: format(seconds, "decimal", digits, 0) });
}

/** A number of bytes, in megabytes. */
export const megabytes = (bytes) => t("megabytes", { value: number(Math.round(bytes / 1e6)) });

/** Fills every element that names its sentence in `data-i18n`, and keeps the language menu in step. */
export function translatePage(menu, onChange) {
  const apply = () => {
    document.documentElement.lang = language;
    for (const element of document.querySelectorAll("[data-i18n]")) element.textContent = t(element.dataset.i18n);
  };
  menu.value = language;
  menu.addEventListener("change", () => {
    language = menu.value;
    remember(STORED, language);
    apply();
    onChange();
  });
  apply();
}

function initial() {
  const wished = [recall(STORED), ...navigator.languages].map((tag) => tag?.split("-")[0]);
  return wished.find((tag) => tag in LANGUAGES) ?? "en";
}

/** The page's language: the sentences of i18n/, numbers and units by Intl. */

import classesJa from "../i18n/classes.ja.js";
import en from "../i18n/en.js";
import errorsJa from "../i18n/errors.ja.js";
import ja from "../i18n/ja.js";
import { findAll } from "./dom.js";
import { filledIn } from "../lib/errors.js";
import { recall, remember } from "./storage.js";

/** @type {Record<string, Record<string, string>>} */
const LANGUAGES = { en, ja };
/**
 * What errors say in other languages than English, by code.
 * @type {Record<string, Record<string, string[]>>}
 */
const ERRORS = { ja: errorsJa };
/** @type {Record<string, [english: string, translated: string][] | undefined>} */
const CLASSES = { ja: classesJa };
const STORED = "scorecam-language";
/** Values that are names out of files: of tensors, classes, networks. */
const NAMES = new Set(["name", "label", "model", "layer", "first", "second"]);
/** Characters of a name that are shown. */
const LONGEST_NAME = 80;

let language = initial();

/**
 * The sentence for a key, `{name}` replaced by `values.name`.
 * @param {string} key  @param {Record<string, any>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const sentence = LANGUAGES[language][key];
  if (sentence === undefined) throw new Error(`no sentence for "${key}"`);
  return sentence.replace(/\{(\w+)\}/g, (_, name) => (NAMES.has(name) ? shown(String(values[name])) : values[name]));
}

/**
 * A class by its number in the page's language, where its English name is the one that is known there.
 * @param {number} index  @param {string} english
 */
export function className(index, english) {
  const [known, translated] = CLASSES[language]?.[index] ?? [];
  return known === english && translated ? translated : english;
}

/**
 * The word for something that the core names: a method, an option, one of its values. What has no word here is called by its name.
 * @param {string} key  @param {string} [name]
 */
export const word = (key, name = "") => LANGUAGES[language][key] ?? name;

/**
 * What an error says in the page's language: its sentence and its advice. Where there is no translation of its code it speaks
 * English.
 * @param {{ code?: string, values?: Record<string, string>, message: string, hint?: string }} error
 * @returns {[string, string]}
 */
export function sentencesOf({ code, values, message, hint }) {
  const [said, advice] = ERRORS[language]?.[code ?? ""] ?? [message, hint ?? ""];
  return [filledIn(said, values ?? {}), filledIn(advice, values ?? {})];
}

/** Making a formatter takes longer than writing a thousand numbers with it. */
/** @type {Map<string, Intl.NumberFormat>} */
const formatters = new Map();

/** @param {number} value  @param {"decimal" | "percent"} style  @param {number} digits  @param {number} [atLeast] */
function format(value, style, digits, atLeast = digits) {
  const key = `${language} ${style} ${digits} ${atLeast}`;
  const options = { style, minimumFractionDigits: atLeast, maximumFractionDigits: digits };
  const formatter = formatters.get(key) ?? new Intl.NumberFormat(language, options);
  formatters.set(key, formatter);
  return formatter.format(value);
}

/** Digits that a small number keeps: it should not look like zero. */
const SIGNIFICANT = 2;

/**
 * Digits after the point, more where a number other than zero would be written as zero.
 * @param {number} value  @param {number} digits
 */
function digitsFor(value, digits) {
  const size = Math.abs(value);
  return digits > 0 && size > 0 && size < 0.5 * 10 ** -digits
    ? Math.min(12, Math.ceil(-Math.log10(size)) + SIGNIFICANT - 1)
    : digits;
}

/**
 * A number, grouped as the language does, with `digits` after the point, or as many as a small one needs.
 * @param {number} value  @param {number} [digits]
 */
export const number = (value, digits = 0) => format(value, "decimal", digitsFor(value, digits));

/**
 * A large number in words of the language: 386 million, 3.86億.
 * @param {number} value
 */
export const large = (value) =>
  new Intl.NumberFormat(language, { notation: "compact", compactDisplay: "long", maximumSignificantDigits: 3 }).format(
    value,
  );

/**
 * A day and a time of day.
 * @param {Date} date
 */
export const moment = (date) =>
  new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(date);

/** Characters that are not seen, or that turn the text around them. */
// eslint-disable-next-line no-control-regex -- those are what is looked for
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * A name out of a file as it can be shown: on one line, its middle left out where it is long.
 * @param {string} name
 */
export function shown(name) {
  /** @param {string} text */
  const escape = (text) => text.replace(HIDDEN, (hidden) => `\\u{${hidden.codePointAt(0)?.toString(16)}}`);
  const half = LONGEST_NAME / 2;
  return name.length > LONGEST_NAME ? `${escape(name.slice(0, half))}…${escape(name.slice(-half))}` : escape(name);
}

/**
 * A score: a probability or a logit.
 * @param {number} value
 */
export const score = (value) => number(value, 3);

/**
 * A share of one as a percentage with one decimal; `digits: 0` for none.
 * @param {number} value  @param {number} [digits]
 */
export const percent = (value, digits = 1) => format(value, "percent", digitsFor(100 * value, digits));

/**
 * A duration in milliseconds, in seconds or in minutes.
 * @param {number} ms
 */
export function duration(ms) {
  const seconds = ms / 1000;
  const whole = Math.round(seconds);
  if (whole >= 60) return t("minutes", { minutes: Math.floor(whole / 60), seconds: whole % 60 });
  const digits = seconds < 10 ? 1 : 0;
  return t("seconds", { value: format(seconds, "decimal", digits, 0) });
}

/**
 * A number of bytes, in megabytes.
 * @param {number} bytes
 */
export const megabytes = (bytes) => t("megabytes", { value: number(Math.round(bytes / 1e6)) });

/**
 * Fills every element that names its sentence in `data-i18n`, and keeps the language menu in step.
 * @param {HTMLSelectElement} menu  @param {() => void} onChange
 */
export function translatePage(menu, onChange) {
  const apply = () => {
    document.documentElement.lang = language;
    for (const element of findAll(document, "[data-i18n]")) element.textContent = t(element.dataset.i18n ?? "");
    for (const element of findAll(document, "[data-i18n-label]"))
      element.setAttribute("aria-label", t(element.dataset.i18nLabel ?? ""));
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
  return wished.find((tag) => tag !== undefined && tag in LANGUAGES) ?? "en";
}

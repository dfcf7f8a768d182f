/** Adding and editing a traveller: the name as in the passport, with what the ticket will say, and the passport. */

import { makeUuid } from "/widget/client.js";
import { el } from "/widget/dom.js";
import { call, language, show, words } from "./account.js";
import { field, form, group } from "./account_forms.js";
import { renderButton, renderTitle } from "./account_parts.js";

export const TRAVELLERS = "/v1/users/me/passengers";

/** Not countries, though the region tables name them. */
const NO_COUNTRIES = new Set("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split(" "));

/** Which field an error of the API is about, where it does not say so itself. */
const FAULTY_FIELDS = {
  birth_date_invalid: "dob",
  document_expiry_passed: "passport_expiry",
  document_number_invalid: "passport_number",
  document_number_masked: "passport_number",
  document_number_missing: "passport_number",
};

/** `traveller` is null for a new one; `onDone` gets the saved one, or nothing when it was left. */
export function showTravellerForm(traveller, onDone) {
  const names = makeNames(traveller);
  const about = makeAbout(traveller);
  const passport = makePassport(traveller);
  const contact = makeContact(traveller);
  const fields = [...names, ...about, ...passport, ...contact];
  const nodes = (each) => each.map(({ node }) => node);
  let key = makeUuid();
  const entry = form({
    fields,
    body: [
      group(words.namePart, null, ...nodes(names), renderPreview(fields)),
      group(words.aboutPart, null, ...nodes(about)),
      group(words.documentPart, words.documentMore, ...nodes(passport)),
      group(words.contactPart, null, ...nodes(contact)),
    ],
    submit: words.save,
    codes: FAULTY_FIELDS,
    beside: renderButton("link", words.leave, () => onDone()),
    onsubmit: async (values) => onDone(await save(traveller, values, key)),
  });
  // an answer lost on the way may be asked for again; a changed form is another request
  entry.addEventListener("input", () => (key = makeUuid()));
  const title = traveller ? words.editTitle : words.addTitle;
  show(el("div", { class: "editor" }, renderTitle(title, words.onlyNames), entry));
}

/** Only what was changed is sent: a field that was emptied as null. */
async function save(traveller, values, key) {
  const before = (name) => traveller?.[name] ?? "";
  const changed = Object.entries(values).filter(([name, value]) => value !== before(name));
  const body = Object.fromEntries(changed.map(([name, value]) => [name, value || null]));
  if (traveller) return call("PATCH", `${TRAVELLERS}/${traveller.id}`, body);
  return call("POST", TRAVELLERS, body, { "Idempotency-Key": key });
}

function makeNames(traveller) {
  const common = { maxlength: 100, spellcheck: "false", autocapitalize: "words" };
  const make = (name, label, autocomplete) =>
    field({ name, label, autocomplete, value: traveller?.[name], ...common });
  const last = make("last_name", words.lastName, "family-name");
  const first = make("first_name", words.firstName, "given-name");
  return language === "vi" ? [last, first] : [first, last];
}

function makeAbout(traveller) {
  const genders = [["", words.unsaid], ...Object.entries(words.genders)];
  const { nationality, gender, dob } = traveller ?? {};
  const birth = { type: "date", autocomplete: "bday", min: "1900-01-01", value: dob ?? "" };
  return [
    field({ name: "dob", label: words.dob, ...birth, isOptional: true }),
    field({ name: "gender", label: words.gender, options: genders, value: gender ?? "", isOptional: true }),
    makeCountry("nationality", words.nationality, nationality),
  ];
}

function makePassport(traveller) {
  const { passport_number: number, passport_expiry: expiry, passport_country: country } = traveller ?? {};
  return [
    field({
      name: "passport_number",
      label: words.number,
      value: number ?? "",
      autocomplete: "off",
      autocapitalize: "characters",
      spellcheck: "false",
      maxlength: 30,
      class: "upper",
      "data-secret": true,
      isOptional: true,
    }),
    makeCountry("passport_country", words.issuingCountry, country),
    field({ name: "passport_expiry", label: words.expiry, type: "date", value: expiry ?? "", isOptional: true }),
  ];
}

function makeContact(traveller) {
  const { email, phone } = traveller ?? {};
  const make = (name, type, label, value, invalid) =>
    field({ name, label, type, autocomplete: type, value: value ?? "", invalid, isOptional: true });
  return [
    make("email", "email", words.email, email, words.emailInvalid),
    make("phone", "tel", words.phone, phone, words.phoneInvalid),
  ];
}

function makeCountry(name, label, value) {
  const options = [["", words.unsaid], ...listCountries()];
  return field({ name, label, options, value: value ?? "", isOptional: true });
}

/** Codes and names in the page's language, Vietnam first. */
function listCountries() {
  const naming = new Intl.DisplayNames(language, { type: "region", fallback: "none" });
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const codes = letters.flatMap((first) => letters.map((second) => first + second));
  const named = codes
    .filter((code) => !NO_COUNTRIES.has(code) && new Intl.Locale(`und-${code}`).maximize().region === code)
    .map((code) => [code, naming.of(code)])
    .filter(([, name]) => name);
  const rank = ([code]) => (code === "VN" ? 0 : 1);
  return named.sort((a, b) => rank(a) - rank(b) || a[1].localeCompare(b[1], language));
}

/** What the ticket will say while the name is typed, much as the server spells it in the end. */
function renderPreview(fields) {
  const latin = el("span", { class: "latin", role: "status" });
  const warning = el("span", { class: "warn", role: "status" });
  const preview = el("p", { class: "preview" }, el("span", { class: "quiet" }, words.onTicket), latin, warning);
  const inputs = Object.fromEntries(fields.map(({ name, input }) => [name, input]));
  const update = () => {
    const name = `${inputs.last_name.value} ${inputs.first_name.value}`;
    const text = toLatin(name, inputs.passport_country.value || inputs.nationality.value);
    preview.hidden = !text;
    latin.textContent = text;
    warning.textContent = /[^A-Z ]/.test(text) ? words.notLatin : "";
  };
  for (const input of Object.values(inputs)) input.addEventListener("input", update);
  update();
  return preview;
}

const SPELT = { Đ: "D", Ð: "D", Ł: "L", Æ: "AE", Œ: "OE", Ø: "OE", Þ: "TH", ẞ: "SS" };
const SPELT_AS_TWO = { Ä: "AE", Ö: "OE", Ü: "UE", Å: "AA" };
const SPELLING_AS_TWO = new Set(["AT", "CH", "DE", "DK", "FI", "IS", "LI", "NO", "SE"]);

/** Capitals without their marks, as in the bottom lines of a passport of that country. */
function toLatin(name, country) {
  const table = SPELLING_AS_TWO.has(country) ? { ...SPELT, ...SPELT_AS_TWO } : SPELT;
  const spelt = [...name.normalize("NFC").toUpperCase()].map((letter) => table[letter] ?? letter).join("");
  const bare = spelt.normalize("NFKD").replace(/\p{M}|['‘’ʻʼ·]/gu, "");
  return bare.replace(/[\s.‐‑-]+/g, " ").trim();
}

/** The account below the travellers: sign out, take the data along, delete everything. */

import { el } from "/widget/dom.js";
import { call, show, signOut, words } from "./account.js";
import { showTrouble } from "./account_forms.js";
import { confirm, renderButton, renderTitle } from "./account_parts.js";

export function renderAccount(user) {
  const trouble = el("div", { class: "alert", role: "alert" });
  const guard = (act) => () => act().catch((error) => showTrouble(trouble, error));
  return el(
    "section",
    { class: "panel account", "aria-labelledby": "account-title" },
    el(
      "div",
      { class: "heading" },
      el("div", {}, el("h2", { id: "account-title" }, words.accountTitle), el("p", { class: "quiet" }, user.email)),
      renderButton("secondary", words.signOut, guard(leave)),
    ),
    trouble,
    renderOption(words.exportMore, renderButton("secondary", words.export, guard(download))),
    renderOption(words.deleteAccountMore, renderButton("secondary danger", words.deleteAccount, askToDelete)),
  );
}

function renderOption(more, button) {
  return el("div", { class: "option" }, el("div", { class: "quiet" }, more), button);
}

async function leave() {
  await signOut();
  location.assign("/");
}

async function download() {
  const rows = await call("GET", "/v1/users/me/export");
  const file = new Blob([JSON.stringify(rows, null, 2)], { type: "application/json" });
  const href = URL.createObjectURL(file);
  el("a", { href, download: "travel-assistant-data.json" }).click();
  URL.revokeObjectURL(href);
}

function askToDelete() {
  confirm({
    title: words.deleteAccountTitle,
    more: words.deleteAccountMore,
    yes: words.deleteForever,
    act: async () => {
      const { kept } = await call("DELETE", "/v1/users/me");
      await signOut().catch(() => {}); // nobody is left to sign out: only the cookie
      showFarewell(kept);
    },
  });
}

function showFarewell(kept) {
  const items = kept.map(({ what, why }) => el("li", {}, what, el("p", { class: "quiet" }, why)));
  show(
    renderTitle(words.accountDeleted),
    items.length > 0 && el("p", {}, words.kept),
    items.length > 0 && el("ul", { class: "panel" }, ...items),
    el("a", { class: "primary", href: "/" }, words.toChat),
  );
}

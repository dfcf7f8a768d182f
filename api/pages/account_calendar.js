/** Connecting a Google Calendar: our own page asks, since the leave is given to the browser that asked. */

import { el } from "/widget/dom.js";
import { call, leaveScreen, show, words } from "./account.js";
import { showTrouble } from "./account_forms.js";
import { renderButton, renderTitle } from "./account_parts.js";

const CONNECT = "/v1/users/me/calendar/connect";

export function showCalendar() {
  const trouble = el("div", { class: "alert", role: "alert" });
  const connect = async () => {
    try {
      location.assign((await call("POST", CONNECT, {})).authorization_url);
    } catch (error) {
      showTrouble(trouble, error);
    }
  };
  show(
    el(
      "div",
      { class: "editor narrow" },
      renderTitle(words.connectCalendar, words.connectCalendarMore),
      trouble,
      el(
        "p",
        { class: "buttons" },
        renderButton("primary", words.connect, connect),
        renderButton("link", words.leave, leaveScreen),
      ),
    ),
  );
}

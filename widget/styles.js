/** The panel's look. Colours are variables with both schemes beside each other; every pair meets AA contrast. */

import { createSheet } from "./dom.js";

export const panelSheet = createSheet(`
:host {
  --tc-ink: light-dark(#15232d, #e9f0f3);
  --tc-muted: light-dark(#4f606c, #a5b5bf);
  --tc-line: light-dark(#d9e2e7, #2b3a45);
  --tc-paper: light-dark(#ffffff, #14202a);
  --tc-ground: light-dark(#f2f6f8, #0d151c);
  --tc-tint: light-dark(#e2f1f4, #12343d);
  --tc-good: light-dark(#12643d, #78d6a6);
  --tc-warn: light-dark(#7d4a00, #f1bd6c);
  --tc-bad: light-dark(#a8232f, #ff9da4);
  --tc-font: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif;
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
button, textarea { font: inherit; color: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 3px solid var(--tc-brand); outline-offset: 2px; }
h2, h3, p, ol, ul { margin: 0; }
.icon { flex: none; width: 1.25em; height: 1.25em; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.panel {
  position: fixed; z-index: 2147483001; inset: auto max(20px, env(safe-area-inset-right)) 20px auto; margin: 0;
  padding: 0;
  width: 430px; max-width: none; height: min(760px, 100dvh - 40px); max-height: none;
  flex-direction: column; overflow: hidden; border: 1px solid var(--tc-line); border-radius: 18px;
  font: 16px/1.5 var(--tc-font); text-align: start; color: var(--tc-ink); background: var(--tc-ground);
  box-shadow: 0 18px 50px rgb(6 30 42 / .28);
}
.panel[open] { display: flex; }
.panel:focus-visible { outline: none; }

.head { display: flex; align-items: center; gap: 4px; padding: 10px 8px; color: #fff;
  background: var(--tc-fill); }
.head > div:first-child { flex: 1; min-width: 0; padding-inline-start: 8px; }
.head h2 { font-size: 16px; line-height: 1.3; font-weight: 650; }
.head p { font-size: 13px; line-height: 1.3; }
.head :is(h2, p) { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.head button { display: grid; place-items: center; width: 44px; height: 44px; padding: 0; border: 0;
  border-radius: 12px;
  color: inherit; background: none; }
.head button:hover { background: rgb(255 255 255 / .16); }
.head button:focus-visible { outline-color: currentColor; outline-offset: -4px; }
.head .language { font-size: 14px; font-weight: 650; }
.me { position: relative; flex: none; }
.head .me > * { display: flex; align-items: center; gap: 6px; width: auto; height: 44px;
  padding: 0 10px; white-space: nowrap; border-radius: 12px; font-size: 14px; font-weight: 650; cursor: pointer; }
.head .me > :not(.menu):hover { background: rgb(255 255 255 / .16); }
.head .me > :focus-visible { outline-color: currentColor; outline-offset: -4px; }
.me summary { list-style: none; }
.me .icon + .icon { margin-inline-start: -4px; width: 1em; }
.me button .icon { display: none; }
.head .me > .menu { position: absolute; z-index: 1; right: 0; top: 48px; display: grid; gap: 0; width: max-content;
  height: auto; padding: 6px; color: var(--tc-ink); background: var(--tc-paper);
  box-shadow: 0 4px 14px rgb(0 0 0 / .3); }
.head .menu > * { max-width: 210px; padding: 0 10px; line-height: 44px; text-align: start; overflow: hidden;
  text-overflow: ellipsis; color: inherit; }
.menu b { font-weight: 500; }
.head .menu .out { width: 100%; justify-items: start; }
.head .menu .out:hover { background: var(--tc-tint); }
.mark { display: grid; place-items: center; flex: none; width: 38px; height: 38px; border-radius: 50%;
  background: rgb(255 255 255 / .18); }

.stage { position: relative; flex: 1; min-height: 0; }
.log { position: relative; height: 100%; padding: 16px 14px 18px; overflow: hidden auto; overscroll-behavior: contain;
  display: flex; flex-direction: column; gap: 14px; scrollbar-width: thin; }
.log:focus-visible { outline-offset: -3px; }
.log > * { flex: none; }
.pill { position: absolute; left: 50%; bottom: 10px; translate: -50%; display: grid; place-items: center; width: 44px;
  height: 44px; padding: 0; border: 1px solid var(--tc-line); border-radius: 50%; color: var(--tc-brand);
  background: var(--tc-paper); box-shadow: 0 4px 14px rgb(0 0 0 / .18); }

.welcome { margin: auto 0; padding: 8px 4px; text-align: center; }
.welcome .mark { width: 56px; height: 56px; margin: 0 auto 14px; font-size: 22px; color: var(--tc-brand);
  background: var(--tc-tint); }
.welcome h3 { font-size: 21px; line-height: 1.3; text-wrap: balance; }
.welcome > p { margin: 8px 0 20px; color: var(--tc-muted); text-wrap: pretty; }
.welcome .chips { flex-direction: column; }
.welcome .chips button { padding: 11px 16px; border-radius: 14px; text-align: start; }

.chips { display: flex; flex-wrap: wrap; gap: 8px; }
.chips button { min-height: 44px; padding: 8px 14px; border: 1px solid var(--tc-line); border-radius: 22px;
  font-size: 15px;
  line-height: 1.35; color: var(--tc-brand); background: var(--tc-paper); }
.chips button:hover { border-color: var(--tc-brand); background: var(--tc-tint); }

.user { align-self: flex-end; max-width: 85%; padding: 9px 14px; border-radius: 18px 18px 5px 18px; color: #fff;
  background: var(--tc-fill); overflow-wrap: anywhere; white-space: pre-wrap; }
.assistant { display: flex; flex-direction: column; gap: 12px; }
.assistant > div:empty, .activity:empty { display: none; }
.texts { display: grid; gap: 10px; overflow-wrap: anywhere; }
.text { display: grid; gap: 8px; min-width: 0; }
.text p, .text li { white-space: pre-line; }
.text h3 { font-size: 16px; }
.text ol, .text ul { display: grid; gap: 4px; padding-inline-start: 22px; }
.text pre, .text code { font: 14px/1.5 ui-monospace, Consolas, monospace; }
.text pre, .table { overflow-x: auto; }
.text table { border-collapse: collapse; font-size: 14px; }
.text th, .text td { padding: 5px 10px 5px 0; border-bottom: 1px solid var(--tc-line); text-align: start; }
.text a { color: var(--tc-brand); }

.activity { display: flex; align-items: center; gap: 10px; color: var(--tc-muted); font-size: 15px; }
.dots { width: 26px; height: 8px;
  background: radial-gradient(circle closest-side, currentColor 92%, transparent) 0 / 9px 8px;
  animation: dots 1.2s steps(3, jump-none) infinite; }
@keyframes dots { from { clip-path: inset(0 66% 0 0); } to { clip-path: inset(0); } }
.notice { display: flex; align-items: center; gap: 10px; padding: 10px 12px; border: 1px solid currentColor;
  border-radius: 12px;
  font-size: 15px; line-height: 1.4; color: var(--tc-warn); background: var(--tc-paper); }
.notice span { flex: 1; }
.notice :is(button, a) { display: grid; place-items: center; min-height: 44px; padding: 0 14px;
  border: 1px solid currentColor; border-radius: 10px; font-weight: 600; color: inherit; text-decoration: none;
  background: none; }

.cards { display: grid; gap: 12px; }
.card { min-width: 0; border: 1px solid var(--tc-line); border-radius: 16px; background: var(--tc-paper);
  overflow: hidden; }
.card.plain { padding: 12px 14px; white-space: pre-line; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: auto 1fr; gap: 6px 16px; margin: 0; padding: 12px 14px; font-size: 15px;
  line-height: 1.45; }
.facts dt { color: var(--tc-muted); }
.facts dd { display: flex; align-items: center; gap: 6px; margin: 0; min-width: 0; overflow-wrap: anywhere; }
.lines { display: grid; gap: 4px; padding: 12px 14px 0; font-size: 15px; line-height: 1.45; overflow-wrap: anywhere; }
.acts { display: flex; flex-wrap: wrap; gap: 8px; padding: 12px 14px 14px; }
.act { display: grid; place-items: center; min-height: 44px; padding: 6px 16px; border: 1.5px solid var(--tc-line);
  border-radius: 12px; font-weight: 600; text-align: center; text-decoration: none; color: inherit; background: none; }
.act:hover:enabled, a.act:hover { border-color: var(--tc-brand); }
.act.primary { flex: 1 0 auto; max-width: 100%; border-color: var(--tc-fill); font-weight: 650; color: #fff;
  background: var(--tc-fill); }
.act:disabled { opacity: .55; cursor: default; }
.search { display: grid; grid-template-columns: 1fr auto; gap: 3px 10px; align-items: start; padding: 12px 14px 11px;
  background: var(--tc-tint); }
.search h3 { font-size: 16px; line-height: 1.35; }
.search p { grid-column: 1 / -1; font-size: 14px; color: var(--tc-muted); }
.offers { padding: 0; list-style: none; }
.offer { padding: 12px 14px 14px; border-top: 1px solid var(--tc-line); font-size: 14px; line-height: 1.45; }
.tag { padding: 2px 8px; border-radius: 20px; font-size: 12.5px; font-weight: 600; line-height: 1.45;
  white-space: nowrap; }
.tag.best { color: #fff; background: var(--tc-fill); }
.tag.cheapest { color: var(--tc-good); background: light-dark(#dff3e8, #123224); }
.tag.fastest { color: light-dark(#4a3aa8, #c2b8ff); background: light-dark(#eae7fb, #2a2550); }
.tag.simulated { border: 1px dashed currentColor; color: var(--tc-warn); }
.badges { display: flex; flex-wrap: wrap; align-items: center; gap: 5px; }
.number { color: var(--tc-muted); margin-inline-end: 2px; }
.seats { margin-inline-start: auto; color: var(--tc-warn); font-weight: 600; }

.slice { display: grid; grid-template-columns: auto 1fr auto; gap: 0 14px; align-items: center; margin: 8px 0; }
.slice .day, .slice .layover { grid-column: 1 / -1; color: var(--tc-muted); }
.slice .layover { padding-top: 2px; }
.end { display: grid; justify-items: start; }
.end:nth-of-type(3) { justify-items: end; }
.end time { position: relative; font-size: 23px; font-weight: 680; line-height: 1.2; letter-spacing: -.01em;
  font-variant-numeric: tabular-nums; }
.end sup { position: absolute; left: 100%; top: -1px; padding-inline-start: 2px; font-size: 12px; line-height: 1.3;
  color: var(--tc-bad); }
.slice:has(sup) { padding-inline-end: 14px; }
.place { color: var(--tc-muted); font-weight: 600; }
.way { display: grid; justify-items: center; gap: 3px; font-size: 13px; line-height: 1.3; color: var(--tc-muted); }
.line { position: relative; width: 100%; height: 2px; border-radius: 2px; background: var(--tc-brand); }
.line::after { content: ""; position: absolute; right: 0; top: -3px; width: 8px; height: 8px; border-radius: 50%;
  background: var(--tc-brand); }
.line.stops { margin: 3px 0; }
.line.stops::before { content: ""; position: absolute; left: calc(50% - 4px); top: -3px; width: 8px; height: 8px;
  border: 2px solid var(--tc-brand); border-radius: 50%; background: var(--tc-paper); }

.carrier { display: flex; align-items: center; gap: 10px; margin-top: 10px; }
.carrier span { display: block; }
.carrier .tile { display: grid; place-items: center; flex: none; width: 36px; height: 36px; border-radius: 10px;
  font-size: 13px;
  font-weight: 700; color: #fff; background: #0b5c6d; }
.carrier .tile-1 { background: #8f3b0f; } .carrier .tile-2 { background: #a3243b;
  } .carrier .tile-3 { background: #4a3aa8; }
.carrier .tile-4 { background: #17663f; } .carrier .tile-5 { background: #34495e; }
.bags { display: flex; align-items: center; gap: 6px; margin-top: 8px; }
.rules { display: flex; flex-wrap: wrap; gap: 2px 14px; margin-top: 2px; padding: 0; list-style: none; }
.rules li { display: flex; align-items: center; gap: 6px; }
.yes { color: var(--tc-good); } .unsure { color: var(--tc-warn); } .no { color: var(--tc-bad); }
.price { display: flex; align-items: center; justify-content: space-between; gap: 12px; margin-top: 10px; }
.price strong { display: block; font-size: 19px; line-height: 1.3; font-variant-numeric: tabular-nums; }
.price span { display: block; font-size: 13px; line-height: 1.45; color: var(--tc-muted); }
.details { flex: none; min-height: 44px; padding: 0 18px; border: 1.5px solid var(--tc-brand); border-radius: 12px;
  font-weight: 650; color: var(--tc-brand); background: none; }
.details:hover { background: var(--tc-tint); }
.show-more { display: flex; align-items: center; justify-content: center; gap: 8px; width: 100%; min-height: 48px;
  padding: 0;
  border: 0; border-top: 1px solid var(--tc-line); font-weight: 600; color: var(--tc-brand); background: none; }
.show-more:hover { background: var(--tc-tint); }
.show-more + .rest { display: none; }
.rest { padding: 12px 14px; border-top: 1px solid var(--tc-line); font-size: 14px; color: var(--tc-muted); }

.composer { padding: 10px 12px max(8px, env(safe-area-inset-bottom)); border-top: 1px solid var(--tc-line);
  background: var(--tc-paper); }
.field { display: flex; align-items: flex-end; gap: 6px; padding: 3px 3px 3px 14px; border: 1.5px solid var(--tc-line);
  border-radius: 24px; background: var(--tc-paper); }
.field:focus-within { border-color: var(--tc-brand); }
.field textarea { flex: 1; min-width: 0; min-height: 44px; max-height: 132px; padding: 10px 0; border: 0; resize: none;
  outline: none; line-height: 24px; background: none; field-sizing: content; }
.field textarea::placeholder { color: var(--tc-muted); opacity: 1; }
.send { display: grid; place-items: center; flex: none; width: 44px; height: 44px; padding: 0; border: 0;
  border-radius: 50%;
  color: #fff; background: var(--tc-fill); }
.send .icon { font-size: 18px; }
.send.stop { background: light-dark(#a8232f, #9c2a35); }
.send.stop .icon { fill: currentColor; }
.caution { margin-top: 5px; font-size: 12.5px; line-height: 1.4; text-align: center; color: var(--tc-muted); }

@media (max-width: 480px) {
  .panel { inset: 0 auto auto 0; width: 100%; height: 100dvh; height: min(100dvh, var(--tc-visible-height, 100dvh));
    border: 0; border-radius: 0; }
  .me button > span { display: none; }
  .me button .icon { display: block; }
  .head { padding-top: max(10px, env(safe-area-inset-top)); }
}
@media (prefers-reduced-motion: reduce) { .dots { animation: none; } }
@media (forced-colors: active) { .tag, .user, .tile, .send, .line { border: 1px solid; } }
`);

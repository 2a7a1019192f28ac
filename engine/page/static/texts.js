// Texting with a messaging flow: bubbles, what was decided, and time that can be moved on.

import { button, coded, day, keep, redraw, writtenTime } from "./bits.js";
import { act, begin, elsewhere, instead, ringing } from "./calling.js";
import { h, icon } from "./dom.js";
import { bind } from "./keys.js";
import { mountOptions } from "./options.js";
import { store } from "./store.js";
import { world } from "./world.js";

export function mount(element) {
  const bar = h("div.callbar");
  const news = h("div.news");
  const chat = h("div.chat", { role: "log", "aria-label": "Conversation", "aria-live": "off", tabindex: "0" });
  const heard = h("p.sr", { "aria-live": "polite" });
  const wait = h("div.waits");
  const words = h("input", { type: "text", "data-words": "", autocomplete: "off", "aria-label": "Write a text to the flow", placeholder: "Write a text to the flow…", maxlength: "1600" });
  const say = h("form.say", { onsubmit: send }, words, h("kbd", { "aria-hidden": "true" }, "t"), h("kbd", { "aria-hidden": "true" }, "Enter"));
  const more = h("div.opts");
  const next = h("div.next");
  more.append(next);
  element.append(bar, news, chat, heard, wait, say, more);
  mountOptions(next, store);
  let known = 0;
  let id = null;

  function send(event) {
    event.preventDefault();
    const text = words.value.trim();
    if (!text) return;
    words.value = "";
    act({ text });
  }

  function show() {
    const phone = store.phone?.channel === "messaging" ? store.phone : null;
    const lines = phone?.captions || [];
    redraw(bar, [phone?.id, phone?.over, phone?.ended, phone?.flow, phone?.given, store.selection.flow, Boolean(store.flow())], () => barOf(phone));
    redraw(news, [elsewhere() && instead(), store.trouble, phone?.replayed], () => [
      store.trouble && h("p.note.error", { role: "alert" }, icon("err"), h("span", {}, store.trouble)),
      phone && elsewhere() && h("p.note", {}, icon("msg"), h("span.grow", {}, "This conversation is in ", h("b", {}, phone.flow), "."), button(instead(), () => begin(), { key: "c", kind: "bare", "data-at": "instead" })),
      phone?.replayed?.sentence && h("p.note", { role: "status" }, icon("repeat"), h("span", {}, phone.replayed.sentence)),
    ]);
    keep(chat, lines.map((line, at) => ({ ...line, named: Boolean(line.step) && line.step !== before(lines, at) })), (line, at) => `${phone?.id}:${at}`, bubble);
    if (lines.length !== known || phone?.id !== id) chat.scrollTop = chat.scrollHeight;
    if (phone?.id === id && lines.length > known) heard.textContent = lines.slice(known).map((line) => line.text).join(" ");
    [id, known] = [phone?.id ?? null, lines.length];
    redraw(wait, [phone?.waits, phone?.over, phone?.now, phone?.given?.time], () => waitOf(phone));
    wait.hidden = !wait.firstChild;
    words.disabled = !phone || phone.over || phone.waits?.kind === "world";
    say.hidden = !phone || phone.over;
    element.classList.toggle("calling", Boolean(phone && !phone.over));
  }

  bind("m", "Move time on to the limit", () => act({ later: "limit" }), { group: "Phone", when: () => ringing()?.channel === "messaging" && Boolean(ringing().waits?.until) });
  store.subscribe((changes) => {
    if (["phone", "trouble", "state", "begins", "selection.flow"].some((one) => changes.has(one))) show();
  });
  show();
}

const before = (lines, at) => lines.slice(0, at).findLast((line) => line.step)?.step || "";

function barOf(phone) {
  if (!phone) {
    const flow = store.flow();
    return [
      h("div.grow", {}, h("b", {}, "No conversation"), h("div.dim.small", {}, flow ? `A first text, or the step you start at, begins ${flow.name}` : "There is no flow to text yet")),
      button("Begin", () => begin(), { key: "c", kind: flow ? "pri" : "", disabled: !flow, "data-at": "begin" }),
    ];
  }
  const from = phone.given?.from || "";
  return [
    h("span.st.acc", {}, icon("msg", false)),
    h("div.grow", {}, h("b", {}, `Texting with ${phone.flow}`), h("div.dim.small", {}, phone.over && phone.ended ? phone.ended : ["Simulated", from && [", as ", h("span.mono", {}, from)]])),
    button("Restart", () => begin(phone.flow), { "data-at": "begin" }),
    h("button.btn.bare.only-s", { "aria-label": "Options", "data-at": "options", onclick: (event) => event.target.closest(".talk").classList.toggle("open") }, icon("more", false)),
  ];
}

function bubble(line) {
  const name = line.named && h("p.meta", {}, line.step.split("/").pop());
  if (line.kind === "sent" || line.kind === "said" || line.kind === "pressed") return h("div.turned", {}, h("p.msg.me", {}, line.text));
  if (line.kind === "received" || line.kind === "heard") return h("div.turned", {}, name, h("p.msg", { lang: line.language || null }, line.text));
  if (line.kind === "time") return h("div.timemark", {}, icon("clock"), line.text);
  if (line.kind === "warning" || line.kind === "error") return h(`p.note.${line.kind}`, {}, icon(line.kind === "error" ? "err" : "warn"), h("span", {}, line.text));
  if (line.kind === "played") return h("div.turned", {}, name, h("p.msg.mono", {}, line.text));
  return h("p.meta", {}, line.text);
}

function waitOf(phone) {
  const waits = phone && !phone.over ? phone.waits : null;
  if (!waits) return [];
  if (waits.kind === "world") return world(phone);
  const time = writtenTime(phone.given?.time);
  const limit = writtenTime(waits.until);
  const others = (waits.outcomes || []).filter((one) => !one.do.later);
  const empty = !phone.captions?.length;
  const later = day(waits.until) === day(phone.given?.time) || !phone.given?.time ? limit : `${day(waits.until)}, ${limit}`;
  return h("div.timebox", {},
    h("div", {}, waits.until && h("b", {}, `The question stays open until ${later}`), h("div.dim2.small", {}, coded(waits.until ? waits.sentence.replace(/^The question stays open until [\d:]+\. /, "") : waits.sentence))),
    !empty && h("div.dim2.row", {}, icon("clock"), time ? `It is ${time}. Move time on by` : "Move time on by"),
    !empty && h("div.row.wrap", {},
      button("10 min", () => act({ later: "10m" }), { "data-at": "later10m", "data-fallback": "" }),
      button("1 h", () => act({ later: "1h" }), { "data-at": "later1h" }),
      waits.until && button(`to ${later}`, () => act({ later: "limit" }), { key: "m", "data-at": "limit" })),
    others.length ? h("div.outs", {}, others.map((one, number) => button(one.label, () => act(one.do), { "data-at": `out${number}` }))) : null);
}

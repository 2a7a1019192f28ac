// The phone of a voice flow: call bar, captions, what the call waits for, keypad, and what the next call begins with.

import { button, caps, clock, coded, redraw, timeOfDay, toggle, within } from "./bits.js";
import { act, begin, elsewhere, instead, replays, ringing, setReplay } from "./calling.js";
import { captions } from "./captions.js";
import { h, icon } from "./dom.js";
import { bind } from "./keys.js";
import { mountOptions } from "./options.js";
import { speaker } from "./speak.js";
import { store } from "./store.js";
import { outcomes, world } from "./world.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

export function mount(element) {
  const bar = h("div.callbar");
  const news = h("div.news");
  const said = h("div.captions");
  const wait = h("div.waits");
  const pad = h("div.pad", { role: "group", "aria-label": "Keypad" });
  const words = h("input", { type: "text", "data-words": "", "data-at": "words", autocomplete: "off", spellcheck: "false", maxlength: "1000" });
  const say = h("form.say", { onsubmit: speech }, icon("say"), words, h("kbd", { "aria-hidden": "true" }, "t"));
  const acts = h("div.acts");
  const voice = h("p.dim2.voice", { role: "status" });
  const more = h("div.opts");
  const lines = captions(said, { choose: chosen });
  const reader = speaker((sentence) => (voice.textContent = sentence));
  const keys = new Map(KEYS.map((key) => [key, h("button", { onclick: () => press(key) }, h("b", {}, key), h("small"))]));
  pad.append(...keys.values());
  const replay = toggle("Replay keys after a save", replays(), (on) => setReplay(on));
  const aloud = toggle("Speak captions aloud", false, (on) => {
    aloud.set(on);
    reader.turn(on);
  });
  const next = h("div.next");
  more.append(replay.row, aloud.row, voice, next);
  element.append(bar, news, said, wait, pad, say, acts, more);
  mountOptions(next, store);

  function speech(event) {
    event.preventDefault();
    const text = words.value.trim();
    if (!text) return;
    words.value = "";
    act({ say: text });
  }

  function show() {
    const phone = store.phone?.channel === "voice" ? store.phone : null;
    redraw(bar, [facts(phone), store.selection.flow, store.flow()?.live, store.flow()?.served, store.flow()?.live_since], () => callBar(phone));
    redraw(news, [elsewhere() && instead(), phone?.newer, phone?.replayed, phone?.version_saved, phone?.over, phone?.over && [store.flow()?.name, store.flow()?.live, store.flow()?.served, store.flow()?.live_since], store.trouble], () => newsOf(phone));
    redraw(wait, [phone?.waits, phone?.over, phone?.id, phone?.side], () => waitOf(phone));
    wait.hidden = !wait.firstChild;
    keypad(keys, phone);
    const listens = Boolean(phone && !phone.over && phone.waits?.kind === "answer");
    words.disabled = !listens || phone.waits.speech === false;
    words.placeholder = listens && phone.waits.speech === false ? "Only keys are heard here" : "Say something…";
    words.setAttribute("aria-label", words.placeholder);
    redraw(acts, [facts(phone), phone?.waits?.kind, phone?.waits?.outcomes?.length], () => actsOf(phone));
    say.hidden = !phone || phone.over || phone.waits?.kind !== "answer";
    replay.set(phone && !phone.over ? phone.replay : replays());
    pad.hidden = phone?.waits?.kind === "world" && !phone.over;
    element.classList.toggle("calling", Boolean(phone && !phone.over));
    lines.update(phone, reader.on);
    reader.update(phone);
  }

  for (const key of KEYS) bind(key, "Press a key, or choose what happens", () => chooseOrPress(key), { group: "Phone", shown: KEYS.includes(key) ? key : "", when: () => Boolean(ringing()) && ringing().channel === "voice" });
  store.subscribe((changes) => {
    if (["phone", "trouble", "state", "begins", "selection.flow"].some((one) => changes.has(one))) show();
  });
  show();
}

const facts = (phone) => phone && [phone.id, phone.over, phone.ended, phone.flow, phone.seconds, phone.given, phone.side];

/** A caption was chosen: its step everywhere, its turn in the timeline. */
function chosen(step, turn) {
  store.select({ step: step.includes("/") ? step : `${store.phone.flow}/${step}`, ...(turn && !store.selection.call ? { turn } : {}) });
}

function press(key) {
  if (ringing()) act({ press: key });
}

/** A digit presses its key, or chooses among outcomes while no key leads anywhere. */
function chooseOrPress(key) {
  const waits = ringing().waits;
  const offered = waits?.outcomes || [];
  if (!takesKeys(waits) && offered.length) {
    const one = offered[Number(key) - 1];
    if (one) act(one.do);
  } else press(key);
}

export const takesKeys = (waits) => Boolean(waits && (waits.kind === "answer" || Object.keys(waits.keys || {}).length));

function keypad(keys, phone) {
  const waits = phone && !phone.over ? phone.waits : null;
  const takes = takesKeys(waits);
  const choices = Object.keys(waits?.keys || {}).some((key) => /^\d$/.test(key));
  for (const [key, made] of keys) {
    const target = waits?.keys?.[key];
    const counts = !choices && /\d/.test(key);
    made.className = target !== undefined ? "go" : takes && counts ? "" : "off";
    made.disabled = !waits || !takes;
    const caption = target === undefined ? "" : within(target, phone.flow) || "";
    if (made.lastChild.textContent !== caption) made.lastChild.textContent = caption;
    made.setAttribute("aria-label", caption ? `${named(key)}, ${caption}` : named(key));
  }
}

const named = (key) => ({ "*": "star", "#": "pound" })[key] || key;

function callBar(phone) {
  if (!phone) {
    const flow = store.flow();
    const about = flow ? rings(flow) : "There is no flow to call yet";
    return [
      h("div.grow", {}, h("b", {}, "No call"), h("div.dim.small", {}, about)),
      button("Call", () => begin(), { key: "c", kind: flow ? "pri" : "", disabled: !flow, "data-at": "call" }),
    ];
  }
  const from = phone.given?.from || phone.from || "";
  const about = ["Simulated", from && [", from ", h("span.mono", {}, from)]];
  if (phone.over) {
    return [
      h("span.dim", {}, icon("call", false)),
      h("div.grow", {}, h("b", {}, "Call ended"), h("div.dim.small", {}, phone.ended || about)),
      h("b.num.long", {}, clock(phone.seconds)),
      button("Call", () => begin(), { key: "c", kind: "pri", "data-at": "call" }),
    ];
  }
  return [
    h("span.st.acc", {}, icon("live", false)),
    h("div.grow", {}, h("b", {}, `On a call to ${phone.flow}`), h("div.dim.small", {}, about, phone.side === "callee" && h("span.tag.aux", {}, "you are the other side"))),
    h("b.num.long", { title: "How long this call is, with what was said; time stands still until you act" }, clock(phone.seconds)),
    h("button.btn.bare.only-s", { "aria-label": "Call options", "data-at": "options", onclick: (event) => event.target.closest(".talk").classList.toggle("open") }, icon("more", false)),
  ];
}

/** Which version a call rings, and which callers hear, while a newer one cannot be served. */
function rings(flow) {
  if (flow.live) return `Rings ${flow.name} as callers hear it now`;
  const since = timeOfDay(flow.live_since, true);
  return flow.served ? `Rings ${flow.name} as callers hear it${since ? `: the version of ${since}` : ""}` : "Callers hear no version of this flow yet";
}

function newsOf(phone) {
  const notes = [];
  if (store.trouble) notes.push(h("p.note.error", { role: "alert" }, icon("err"), h("span", {}, store.trouble)));
  if (phone?.replayed?.sentence) notes.push(h(`p.note${phone.replayed.done < phone.replayed.of ? ".warning" : ""}`, { role: "status" }, icon("repeat"), h("span", {}, phone.replayed.sentence)));
  if (phone && elsewhere()) notes.push(h("p.note", {}, icon("call"), h("span.grow", {}, "This call is in ", h("b", {}, phone.flow), "."), button(instead(), () => begin(), { key: "c", kind: "bare", "data-at": "instead" })));
  const flow = store.flow();
  if (phone?.over && flow && !flow.live) notes.push(h("p.note", {}, icon("clock"), h("span", {}, `${rings(flow)}.`)));
  if (phone?.newer && !phone.over) {
    const saved = timeOfDay(phone.version_saved, true);
    notes.push(
      h("p.note", { role: "status" }, icon("clock"),
        h("span.grow", {}, "This call goes on with the ", h("b", {}, saved ? `version of ${saved}` : "version it began with"), "."),
        button("Replay on live", () => act({ replay: true }), { key: "r", kind: "bare", "data-at": "replay" })),
    );
  }
  return notes;
}

/** What the call waits for: digits as slots, a sentence, outcomes, or what is asked of the world. */
function waitOf(phone) {
  const waits = phone && !phone.over ? phone.waits : null;
  if (!waits) return [];
  if (waits.kind === "world") return world(phone);
  if (waits.outcomes?.length && waits.kind !== "answer") return outcomes(phone);
  const pressed = waits.pressed || "";
  const row = waits.digits > 1 && waits.digits <= 12;
  return h("div.wait", {},
    row && h("div.row", {}, h("span.slots", { "aria-hidden": "true" }, slots(pressed, waits.digits))),
    h("div.row", {}, !row && pressed && h("span", { "aria-label": "Pressed so far" }, caps(pressed)), h("span.dim2.grow.small", {}, coded(waits.sentence))),
    waits.outcomes?.length ? h("div.outs", {}, waits.outcomes.map((one, number) => button(one.label, () => act(one.do), { "data-at": `out${number}` }))) : null);
}

function slots(pressed, count) {
  return Array.from({ length: count }, (_, at) => h(`span${at < pressed.length ? "" : at === pressed.length ? ".c" : ".e"}`, {}, pressed[at] || ""));
}

function actsOf(phone) {
  if (!phone || phone.over) return phone ? [button("Back", () => act({ back: true }), { key: "b", "data-at": "back" })] : [];
  const end = button("Hang up", () => act({ hang_up: true }), { key: "h", kind: "end", "data-at": "end", "data-fallback": "" });
  const back = button("Back", () => act({ back: true }), { key: "b", "data-at": "back" });
  if (phone.waits?.kind === "world") return [back];
  if (!takesKeys(phone.waits)) return [back, end];
  return [button("Silence", () => act({ silence: true }), { key: ".", "data-at": "silence" }), back, end];
}

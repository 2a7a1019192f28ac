// What a call sounds like, line by line, newest at the bottom; a screen reader hears only what is new.

import { caps, clock, keep } from "./bits.js";
import { h, icon } from "./dom.js";

const NOTES = { note: "clock", warning: "warn", error: "err", time: "clock" };

/** Shows the captions of a phone in `element`; `update(phone)` when it changed. */
export function captions(element, { choose = () => {} } = {}) {
  const log = h("div", { class: "caps", role: "log", "aria-label": "Captions", "aria-live": "off", tabindex: "0", "data-at": "captions" });
  const news = h("p", { class: "sr", "aria-live": "polite", "data-news": "" });
  element.append(log, news);
  log.addEventListener("click", (event) => {
    const line = event.target.closest("[data-step]");
    if (line && !String(getSelection())) choose(line.dataset.step, Number(line.dataset.turn) || null);
  });
  let shownOf = null;
  let known = 0;
  let atEnd = true;
  log.addEventListener("scroll", () => (atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40));
  // What stands below the captions changes its height: the newest line stays in view.
  new ResizeObserver(() => atEnd && (log.scrollTop = log.scrollHeight)).observe(log);

  return {
    log,
    update(phone, quiet = false) {
      const lines = phone?.captions || [];
      const fresh = phone?.id !== shownOf;
      keep(log, marks(lines, phone), (line, number) => `${fresh ? phone?.id : shownOf}:${number}:${line.kind}`, drawn);
      if (fresh || atEnd || lines.length !== known) log.scrollTop = log.scrollHeight;
      // The newest lines only: never the whole call when it is opened, and nothing twice while a voice reads the captions.
      if (!fresh && lines.length > known && !quiet) news.textContent = lines.slice(known).map(words).filter(Boolean).join(" ");
      if (fresh) news.textContent = "";
      [shownOf, known] = [phone?.id ?? null, lines.length];
    },
  };
}

/** The captions with the step's name before the first of each step, and the marks of what is current. */
function marks(lines, phone) {
  let step = "";
  let language = lines.find((line) => line.language)?.language || "";
  const last = lines.findLastIndex((line) => line.step && line.kind !== "note");
  const now = phone?.over ? "" : lines[last]?.step || "";
  const since = lines.findLastIndex((line) => ["pressed", "said", "silence", "received"].includes(line.kind));
  return lines.map((line, number) => {
    const named = line.step && line.step !== step && !["pressed", "said", "silence"].includes(line.kind);
    if (named) step = line.step;
    const foreign = Boolean(line.language) && line.language !== language;
    if (line.language) language = line.language;
    return { ...line, named, foreign, now: Boolean(now) && line.step === now && number > since };
  });
}

function drawn(line) {
  const box = h("div", { class: `cap ${line.side === "callee" ? "other" : ""}`.trim(), "data-step": line.step || null, "data-turn": line.turn || null });
  if (line.named || line.foreign) {
    const name = line.step.split("/").pop();
    box.append(h("div", { class: "at" }, name, line.side === "callee" && h("span.tag.aux", {}, "other side"), line.foreign && h("span.lang", {}, line.language)));
  }
  if (line.kind === "heard") box.append(h("p", { class: `flow ${line.now ? "now" : "old"}`, lang: line.language || null }, line.text));
  else if (line.kind === "played") box.append(h("p", { class: `flow ${line.now ? "now" : "old"}` }, icon("play"), " ", h("span", { class: "mono" }, line.text)));
  else if (line.kind === "pause") box.append(h("p", { class: "flow old quiet" }, line.text || "pause"));
  else if (line.kind === "pressed") box.append(h("p", { class: "you" }, `${who(line)} pressed `, caps(line.text)));
  else if (line.kind === "said") box.append(h("p", { class: "you" }, `${who(line)} said “`, h("bdi", {}, line.text), "”"));
  else if (line.kind === "silence") box.append(h("p", { class: "you" }, line.text || "silence"));
  else if (line.kind === "sent" || line.kind === "received") box.append(h("p", { class: line.kind === "sent" ? "you" : "flow" }, icon("msg"), " ", line.text));
  else box.append(h("p", { class: `note ${line.kind}` }, icon(NOTES[line.kind] || "clock"), h("span", {}, line.text)));
  if (Number.isFinite(line.at)) box.title = clock(line.at, true);
  return box;
}

const who = (line) => (line.side === "callee" ? "They" : "You");

/** A caption in words, for a screen reader. */
function words(line) {
  if (line.kind === "pressed") return `${who(line)} pressed ${[...line.text].join(" ")}.`;
  if (line.kind === "said") return `${who(line)} said: ${line.text}.`;
  if (line.kind === "silence") return "Silence.";
  if (line.kind === "pause") return "";
  if (line.kind === "played") return `Plays ${line.text}.`;
  return line.text;
}

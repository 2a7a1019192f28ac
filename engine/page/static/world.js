// What a call waits for outside of the caller: how a dial, a queue or a payment ends, and what is asked of the world.

import { button, coded } from "./bits.js";
import { act } from "./calling.js";
import { h } from "./dom.js";

const allowed = new Set(); // phones in which it was said once that requests may really be sent
const drafts = new Map(); // what was typed as an answer, by phone and place

/** Outcomes as buttons; the digits choose them while the keypad is off. */
export function outcomes(phone) {
  const waits = phone.waits;
  return h("div.wait", {},
    h("p", {}, h("b", {}, coded(first(waits.sentence))), rest(waits.sentence) && h("span.dim2.small.after", {}, coded(rest(waits.sentence)))),
    h("div.outs", {}, waits.outcomes.map((one, number) =>
      button(one.label, () => act(one.do), { key: number < 9 && !Object.keys(waits.keys || {}).length ? String(number + 1) : "", "data-at": `out${number}` }))));
}

// A sentence stands out, those after it explain.
const first = (sentences) => /^.*?[.?](?= |$)/.exec(sentences || "")?.[0] || sentences || "";
const rest = (sentences) => (sentences || "").slice(first(sentences).length).trim();

/** What the flow asks by `request`, `run` or `send`, and the ways to answer it. */
export function world(phone) {
  const { asked = {}, outcomes: offered = [], sentence } = phone.waits;
  const at = `${phone.id} ${phone.captions?.length} ${asked.place}`;
  const field = h("textarea", { id: "by-hand", rows: Math.min(6, (asked.suggest || "").split("\n").length + 1), spellcheck: "false", "data-at": "by-hand", "aria-describedby": "by-hand-help", oninput: () => drafts.set(at, field.value) });
  field.value = drafts.get(at) ?? asked.suggest ?? "";
  const answer = () => act({ answer: field.value.trim() });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) answer();
  });
  const buttons = h("div.row.wrap");
  const plain = () => [
    button("Answer by hand", answer, { kind: "pri", "data-at": "answer", title: "Ctrl Enter in the field" }),
    asked.script && button("Answer from script", () => act({ answer: asked.script.answer }), { "data-at": "script", title: asked.script.path || "" }),
    asked.may_send && button("Really send", () => (allowed.has(phone.id) ? act({ send: true }) : buttons.replaceChildren(...sure())), { "data-at": "send" }),
  ].filter(Boolean);
  const sure = () => {
    setTimeout(() => buttons.querySelector("button")?.focus());
    return [
      h("span.grow.small", { role: "alert" }, "This leaves your computer for the real address. Send it? You are asked once per call."),
      button("Send", () => (allowed.add(phone.id), act({ send: true })), { "data-at": "send-sure" }),
      button("Cancel", () => (buttons.replaceChildren(...plain()), buttons.querySelector('[data-at="send"]')?.focus()), { kind: "bare", "data-at": "send-not" }),
    ];
  };
  buttons.append(...plain());
  return h("div.wait.asks", {},
    h("b", {}, coded(first(sentence)), rest(sentence) && h("span.dim2.small.after", {}, coded(rest(sentence)))),
    h("pre.code.wrap", { tabindex: "0", "aria-label": "What is asked", "data-at": "asked" }, asked.text || "", asked.body ? `\n\n${asked.body}` : ""),
    h("label.small", { for: "by-hand" }, "Answer"),
    field,
    h("p.dim2.small", { id: "by-hand-help" }, HELP[asked.kind] || HELP.request),
    buttons,
    offered.length ? h("div.outs", {}, offered.map((one, number) => button(one.label, () => act(one.do), { "data-at": `out${number}` }))) : null);
}

const HELP = {
  request: "A status such as 404, a body such as {\"name\": \"Ann\"}, or the word timeout or error.",
  run: "The value that the function returns, or the word error.",
  send: "sent, or error.",
};

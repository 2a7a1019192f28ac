// A picture on the screen: cards by step, exits by edge. A newer picture replaces only the cards whose text differs.
import { drawn } from "./pictures.js";

const OPEN = '<svg xmlns="http://www.w3.org/2000/svg">';
const PLACE = / transform="([^"]*)"/; // of the card itself: its first
const step = (text) => unescaped(/ data-step="([^"]*)"/.exec(text)?.[1] || "");
const unescaped = (text) => text.replace(/&(amp|lt|gt|quot|#x27);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">", quot: '"', "#x27": "'" })[name]);

// What stands before the cards (lines, signs), and each card as text without its place.
function read(svg) {
  const [before, ...texts] = svg.replace(/<\/svg>\s*$/, "").split(/(?=<g class="card[ "])/);
  const cards = new Map();
  for (const text of texts) {
    cards.set(step(text), { text: text.replace(PLACE, ""), whole: text, place: PLACE.exec(text)?.[1] || "", hash: / data-hash="([^"]*)"/.exec(text)?.[1] });
  }
  return { before, cards };
}

export class Drawing {
  constructor(svg) {
    this.read = read(svg);
    this.root = drawn(svg);
    this.cards = new Map([...this.root.querySelectorAll(".card[data-step]")].map((card) => [card.dataset.step, card]));
  }

  /** The exit with this id, if it is drawn. */
  edge(id) {
    const card = this.cards.get(id.split(":")[0]);
    return card && [...card.querySelectorAll("[data-edge]")].find((row) => row.dataset.edge === id);
  }

  /** Which steps a newer picture shows with other content. */
  changed(svg) {
    return [...read(svg).cards].filter(([name, { hash }]) => this.read.cards.get(name)?.hash !== hash).map(([name]) => name);
  }

  /** Becomes a newer picture. What stays is never moved in the document, so that it keeps its focus. */
  patch(svg) {
    const next = read(svg);
    const old = this.read;
    if (next.before !== old.before) this.#ground(next.before);
    const other = [...next.cards].filter(([name, { text }]) => old.cards.get(name)?.text !== text);
    const made = new Map();
    if (other.length) {
      for (const card of [...drawn(`${OPEN}${other.map(([, { whole }]) => whole).join("")}</svg>`).children]) made.set(card.dataset.step, card);
    }
    let at = this.root.querySelector(":scope > .card");
    const cards = new Map();
    for (const [name, { place }] of next.cards) {
      while (at && !next.cards.has(at.dataset.step)) at = dropped(at);
      const mine = this.cards.get(name);
      const card = made.get(name) || mine;
      if (card === mine && card.getAttribute("transform") !== place) card.setAttribute("transform", place);
      if (card === at) at = at.nextElementSibling;
      else this.root.insertBefore(card, at);
      if (mine && card !== mine) at = mine === at ? dropped(mine) : (mine.remove(), at);
      cards.set(name, card);
    }
    while (at) at = dropped(at);
    Object.assign(this, { read: next, cards });
  }

  #ground(before) {
    const ground = drawn(`${before}</svg>`);
    for (const { name, value } of ground.attributes) if (name !== "class" && name !== "style") this.root.setAttribute(name, value);
    for (const child of [...this.root.childNodes]) if (!child.classList?.contains("card")) child.remove();
    this.root.prepend(...ground.childNodes);
  }
}

function dropped(node) {
  const next = node.nextElementSibling;
  node.remove();
  return next;
}

// Compare: two versions of a flow in one picture, with a sentence for each change.
import { get, url } from "./api.js";
import { timeOfDay } from "./bits.js";
import { fill, h } from "./dom.js";
import { drawn } from "./pictures.js";
import { store } from "./store.js";

const SIGNS = { added: ["+", "da"], removed: ["−", "dd"], changed: ["~", "dc"], moved: ["~", "dc"] };

export function mount(element) {
  const [summary, picture] = [h("div.sum"), h("div.stage")];
  element.classList.add("canvas");
  element.append(summary, picture);
  let shown = "";
  let from = "";
  const draw = async () => {
    const flow = store.flow();
    if (!flow || element.hidden) return;
    from = store.compare?.flow === flow.name ? store.compare.from : "";
    const id = `${flow.name} ${flow.hash} ${flow.live_since} ${from}`;
    if (id === shown) return;
    shown = id;
    let read;
    try {
      read = await get(url`/api/flows/${flow.name}/compare?from=${from}&to=`);
    } catch (error) {
      fill(summary, h("div.hint", {}, h("b", {}, "Nothing to compare"), error.message));
      picture.replaceChildren();
      shown = "";
      return;
    }
    if (shown !== id) return;
    const when = (one) => timeOfDay(one.saved, true) || "now";
    const same = !read.changes.length;
    const all = read.changes.flatMap((change) => change.what.map((sentence) => [change, sentence]));
    fill(summary, h("h2", {}, same ? "No changes" : "What callers notice", h("span.dim2", {}, `${when(read.from)} ${from ? "that call" : "live"} → ${when(read.to)} saved`)),
      same ? h("p.dim2", {}, from ? "What is saved is what that call heard." : "What is saved is what callers hear.")
        : h("ul", {}, all.map(([change, sentence]) => h("li", {}, h(`i.${(SIGNS[change.change] || SIGNS.changed)[1]}`, { title: change.change }, (SIGNS[change.change] || SIGNS.changed)[0]),
          h("button.jump", { data: { key: `${change.step} ${sentence}` }, onclick: () => store.select({ step: change.step.includes("/") ? change.step : `${flow.name}/${change.step}` }) }, sentence)))));
    const [left, top] = [element.scrollLeft, element.scrollTop];
    try {
      const root = drawn(read.svg);
      picture.replaceChildren(root);
      element.scrollTo(left, top);
    } catch (error) {
      fill(picture, h("p.hint", {}, error.message));
    }
    mark();
  };
  const mark = () => {
    for (const card of picture.querySelectorAll(".card[data-step]")) {
      const on = card.dataset.step === store.selection.step;
      card.classList.toggle("sel", on);
      if (on) card.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  };
  picture.addEventListener("click", (event) => {
    const card = event.target.closest(".card[data-step]");
    if (card) store.select({ step: card.dataset.step });
  });
  store.on("shown", (now) => now === "compare" && draw());
  store.subscribe((changes) => {
    if (["state", "selection.flow", "compare"].some((one) => changes.has(one))) draw();
    else if (changes.has("selection.step") && !element.hidden) mark();
  });
  draw();
}

// The work area: mounts each view of the flow the first time it is looked at, and shows one of them.
import { h } from "./dom.js";
import { small } from "./frame.js";
import * as pictures from "./pictures.js";
import { store } from "./store.js";

const MODULES = {
  tree: ["./tree.js"], list: ["./list.js"], yaml: ["./source.js", "yaml"], twiml: ["./source.js", "twiml"],
  compare: ["./compare.js"], problems: ["./problems.js", "all"], start: ["./start.js"],
};

const OWN = ["tree", "yaml", "twiml"]; // have a tab stop inside

export function mount(element) {
  const made = new Map();
  pictures.mount();
  const show = async () => {
    const { state, selection } = store;
    const now = state && !state.flows.length ? "start" : MODULES[selection.view] ? selection.view : "tree";
    if (!made.has(now)) {
      const box = h(`div.v-${now}`, { id: `view-${now}`, role: "tabpanel", "aria-label": now, tabindex: OWN.includes(now) ? null : "0" });
      made.set(now, box);
      element.append(box);
      const [path, name = "mount"] = MODULES[now];
      try {
        (await import(path))[name](box, store);
      } catch (error) {
        console.error(path, error);
      }
    }
    for (const [name, box] of made) box.hidden = name !== now;
    store.tell("shown", now);
  };
  store.subscribe((changes) => (changes.has("selection.view") || changes.has("state")) && show());
  if (small.matches && store.selection.view === "tree") store.select({ view: "list" });
  show();
}

/** Whether a view is on the screen now: one that is not has nothing to draw. */
export const visible = (element) => !element.hidden && element.offsetParent !== null;

// What the page shows while there is no flow: how to get the first one.
import { copy, h, icon } from "./dom.js";
import { colored } from "./source.js";
import { store } from "./store.js";

const FIRST = `steps:
  welcome:
    - gather:
        say: For sales, press 1.
        branch:
          1: sales
          else: sales
  sales:
    - dial: "+15550100"
`;
const TEMPLATES = [["menu", "press 1 for this, 2 for that"], ["voicemail", "greet and record a message"], ["hours", "open and closed, with holidays"],
  ["survey", "a few questions, by voice or text"], ["text", "answer text messages"], ["queue", "wait for the next free person"]];

export function mount(element) {
  const command = "touchtone new hello --template menu";
  const folder = store.state.folder;
  element.classList.add("emptywrap");
  element.append(h("div.empty", {},
    h("div", {}, h("h2.big", {}, "No flows yet"), h("p.lead", {}, "Touchtone watches ", h("span.mono", {}, folder),
      ". Save a YAML file there and it appears here at once, ready to call. No Twilio account is needed.")),
    h("div.ways", {},
      h("section.way", {}, h("h3", {}, "Start from a template"), h("p.dim2", {}, "Writes a flow and call scripts that pass."),
        h("div.cmd", {}, h("span.grow.cut", {}, command), h("button.btn", { onclick: (event) => copy(command, event.currentTarget) }, "Copy")),
        h("dl.tpl", {}, TEMPLATES.map(([name, words]) => [h("dt", {}, name), h("dd", {}, words)]))),
      h("section.way", {}, h("h3", {}, "Or write one"), h("p.dim2", {}, "Save this as ", h("span.mono", {}, "hello.yaml"), " in that folder."),
        h("div.code", { tabindex: "0", role: "region", "aria-label": "A first flow" }, FIRST.trimEnd().split("\n").map((text, n) => h("span.line", {}, h("span.ln", {}, String(n + 1)), colored(text)))),
        h("div", {}, h("button.btn", { onclick: (event) => copy(FIRST, event.currentTarget) }, "Copy")))),
    h("section.way", {}, h("h3", {}, "Just want to hear one?"), h("p.dim2", {}, h("span.mono", {}, "touchtone demo"), " calls the sample clinic in the browser. Nothing is written to your folder.")),
    h("p", {}, icon("code"), " ", h("b", {}, "Your editor"), " can check and complete as you type: the schema is in ", h("span.mono", {}, ".touchtone/flow.schema.json"), "."),
    h("p", {}, icon("call"), " ", h("b", {}, "A real number"), " comes later: ", h("span.mono", {}, "touchtone dev --tunnel cloudflared"), " prints what to paste into Twilio.")));
}

// "Save as script": shows what would be written, then writes it.

import { post, url } from "./api.js";
import { copy, h } from "./dom.js";
import { close, open } from "./keys.js";
import { store } from "./store.js";

/** Shows the call as a script; of the played call while that is shown, else of the recorded one. */
export async function saveAsScript() {
  const phone = store.phone;
  const id = store.selection.call || phone?.call || store.call?.id;
  if (!id) return;
  const path = phone && (!store.selection.call || store.selection.call === phone.call) ? url`/api/phone/${phone.id}/script` : url`/api/calls/${id}/script`;
  const status = h("p.dim2.small", { role: "status" });
  let found;
  try {
    found = await post(path, { preview: true });
  } catch (error) {
    open("save", "Save as script", [h("h2", {}, "This call cannot be saved"), h("p", {}, error.message), h("div.row", {}, h("span.grow"), h("button.btn", { onclick: close }, "Close"))]);
    return;
  }
  const copier = h("button.btn", { onclick: () => copy(found.text, copier) }, "Copy");
  const leave = h("button.btn", { onclick: close }, "Cancel");
  const write = h("button.btn.pri", {
    autofocus: true,
    onclick: async () => {
      write.disabled = true;
      try {
        const written = await post(path, { preview: false });
        status.textContent = `Written to ${written.path}.`;
        leave.textContent = "Close";
        write.replaceWith(h("button.btn.pri", { onclick: () => (close(), store.select({ tab: "scripts" })) }, "Show scripts"));
        box.querySelector(".btn.pri")?.focus();
      } catch (error) {
        status.textContent = error.message;
        write.disabled = false;
      }
    },
  }, "Write file");
  const box = open("save", "Save as script", [
    h("h2", {}, "Save as script"),
    h("p.dim2", {}, "Goes to ", h("span.mono", {}, found.path), ", and is played by ", h("span.mono", {}, "touchtone test"), "."),
    h("pre.code.wrap", { tabindex: "0", "aria-label": "Script" }, found.text),
    status,
    h("div.row", {}, h("span.grow"), copier, leave, write),
  ]);
}

// Finds steps of this flow, flows, and words of prompts, in one field.
import { bind } from "./keys.js";

export function show() {}

export function mount() {
  bind("/", "Find step, flow, prompt words", show, { group: "Views" });
}

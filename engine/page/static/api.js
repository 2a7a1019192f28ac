// Asks the server: `get` and `post` return its JSON, or throw an Error with its sentence (`status` says which).

async function ask(path, how) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...how });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw Object.assign(new Error("touchtone dev does not answer. Is it still running?"), { status: 0 });
  }
  let body = null;
  try {
    body = await answer.json();
  } catch {
    body = null;
  }
  if (!answer.ok) {
    const sentence = body?.error || `The server answered ${answer.status}.`;
    throw Object.assign(new Error(sentence), { status: answer.status });
  }
  return body;
}

export const get = (path, signal) => ask(path, { signal });

export const post = (path, body = {}) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/** A path of the API with its parts escaped: url`/api/flows/${flow}/picture`. */
export const url = (texts, ...parts) =>
  texts.reduce((whole, text, at) => whole + encodeURIComponent(parts[at - 1]) + text);

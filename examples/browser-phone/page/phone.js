// A telephone by Twilio's Voice SDK: https://www.twilio.com/docs/voice/sdks/javascript

const byId = (id) => document.getElementById(id);
const show = (text) => { byId("state").textContent = text; };
let call = null;

async function fetchToken() {
  const answer = await fetch("token", { method: "POST" });
  const body = await answer.json();
  if (!answer.ok) throw new Error([body.detail ?? body.title, body.fix].filter(Boolean).join(" "));
  return body.token;
}

function buttons() {
  const ringing = call !== null && call.status() === "pending" && call.direction === "INCOMING";
  byId("call").hidden = ringing;
  byId("call").disabled = call !== null;
  byId("answer").hidden = !ringing;
  byId("hang-up").disabled = call === null;
  for (const key of byId("keys").children) key.disabled = call === null || ringing;
}

function follow(next, text) {
  call = next;
  show(text);
  buttons();
  const end = (words) => () => { if (call === next) { call = null; show(words); buttons(); } };
  call.on("accept", () => { show("Connected."); buttons(); });
  call.on("disconnect", end("The call has ended."));
  call.on("cancel", end("The caller hung up."));
  call.on("reject", end("Declined."));
  call.on("error", (error) => end(error.message)());
}

async function begin() {
  for (const digit of "123456789*0#") {
    const key = document.createElement("button");
    key.textContent = digit;
    key.addEventListener("click", () => call?.sendDigits(digit));
    byId("keys").append(key);
  }
  buttons();
  byId("call").disabled = true; // until there is a token
  if (typeof Twilio === "undefined") throw new Error("twilio.min.js is missing: app.py says how to get it.");
  const device = new Twilio.Device(await fetchToken());
  device.on("tokenWillExpire", async () => device.updateToken(await fetchToken()));
  device.on("registered", () => show("Ready."));
  device.on("error", (error) => show(error.message));
  device.on("incoming", (incoming) => {
    if (call !== null) return incoming.reject();
    const said = incoming.customParameters;
    follow(incoming, `${said.get("caller") || incoming.parameters.From} is calling.`);
  });
  byId("call").addEventListener("click", async () => {
    try { follow(await device.connect(), "Calling…"); } catch (error) { show(error.message); }
  });
  byId("answer").addEventListener("click", () => call?.accept());
  byId("hang-up").addEventListener("click", () => (call?.status() === "pending" ? call.reject() : call?.disconnect()));
  document.addEventListener("keydown", (event) => {
    if (/^[0-9*#]$/.test(event.key)) call?.sendDigits(event.key);
  });
  await device.register();
  buttons();
}

begin().catch((error) => show(error.message));

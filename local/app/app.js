/** Starts the page: the screen of the user who is signed in in this tab, and the strip for engineers. */

import { readLocalConfig } from "./api.js";
import { takeComeback } from "./comeback.js";
import { rememberedUser, rememberUser } from "./memory.js";
import { Screen } from "./screen.js";
import { texts } from "./texts.js";
import { View } from "./view.js";

const TICK_MS = 1000;

const view = new View();
const field = document.getElementById("user");
let screen;

function signIn(user, comeback = null) {
  screen?.close();
  rememberUser(user);
  field.value = user;
  screen = new Screen(user, view);
  screen.open(comeback);
}

async function showSimulator() {
  const config = await readLocalConfig().catch(() => ({ simulator: false }));
  const link = document.getElementById("simulator");
  link.hidden = !config.simulator;
  if (config.simulator) link.href = config.trainingpeaks_url;
}

view.bind({
  reload: () => screen.reload(),
  start: () => screen.start(),
  proceed: () => screen.proceed(),
  setAutoUpload: (enabled) => screen.setAutoUpload(enabled),
  unlink: () => screen.unlink(),
  closeNotice: () => screen.closeNotice(),
});

document.getElementById("user-form").addEventListener("submit", (event) => {
  event.preventDefault();
  signIn(field.value.trim());
  view.announce(texts.strip.switched(field.value));
});

document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && screen.refresh());
window.addEventListener("focus", () => screen.refresh());
window.addEventListener("online", () => screen.refresh());
window.addEventListener("storage", (event) => screen.onStorage(event));
window.addEventListener("pageshow", (event) => event.persisted && screen.onReturn());
window.addEventListener("hashchange", () => {
  const comeback = takeComeback();
  if (comeback !== null) screen.open(comeback);
});
setInterval(() => view.tick(), TICK_MS);

if (location.hostname === "localhost") {
  // TrainingPeaks' answer comes back to 127.0.0.1, and what a tab remembers belongs to one address.
  location.replace(`http://127.0.0.1:${location.port}/`);
} else {
  signIn(rememberedUser(), takeComeback());
  showSimulator();
}

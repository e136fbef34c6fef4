// The page of a run: puts the parts together, and does what buttons and keys ask for.

import { drawFaces, Meter } from "/overlay.js";
import { Shots } from "/shots.js";
import { send, Stream } from "/stream.js";

const $ = (id) => document.getElementById(id);
const picture = $("picture").getContext("2d", { alpha: false });
const meter = new Meter($("meter"));
const shots = new Shots(say, () => me.role === "host");
const shape = { width: 0, height: 0 };
let me = { role: "guest", may_shoot: false, pin: false, url: location.href };
let state = null;
let mirrored = false;
let noticeTimer = 0;
let takenTimer = 0;
let moving = false;
let counted = -1; // people for whom the numeral was placed

const stream = new Stream({
  picture(image, width, height) {
    if (shape.width !== width || shape.height !== height) {
      Object.assign(shape, { width, height });
      $("picture").width = width;
      $("picture").height = height;
    }
    picture.drawImage(image, 0, 0);
    document.body.classList.remove("loading");
  },
  plain(url) {
    $("plain").hidden = !url;
    $("picture").hidden = Boolean(url);
    if (url) $("plain").src = url;
    else $("plain").removeAttribute("src");
  },
  state: take,
  event(event) {
    shots.apply(event);
    if (event.event === "shot") flash(event);
    else if (event.message) say(event.message);
  },
  connected(yes, why) {
    document.body.classList.toggle("away", !yes);
    if (yes) {
      shots.load();
      return;
    }
    $("status-words").textContent = why || "connecting…";
    drawFaces($("overlay"), null, shape, mirrored); // who stood there may have gone
  },
});

$("plain").onload = () => {
  Object.assign(shape, { width: $("plain").naturalWidth, height: $("plain").naturalHeight });
  document.body.classList.remove("loading");
};

function take(now) {
  state = now;
  meter.add(now);
  requestAnimationFrame(draw);
}

function draw() {
  if (!state) return;
  const fresh = !document.body.classList.contains("away");
  drawFaces($("overlay"), fresh ? state : null, shape, mirrored);
  meter.draw(state);
  $("headline").textContent = mirrored ? state.headline_mirrored : state.headline;
  $("detail").textContent = state.detail;
  $("card").dataset.tone = state.tone;
  $("card").classList.toggle("blind", state.t_ms === null);
  const good = state.score !== null && state.threshold !== null && state.score >= state.threshold;
  $("score").textContent = state.score === null ? (state.paused ? "❚❚" : "–") : state.score.toFixed(1);
  $("score").className = good && !state.reasons.length ? "good" : "";
  const share = state.trigger === "armed" ? Math.max(state.progress * 100, 2) : 0;
  $("progress").setAttribute("stroke-dasharray", `${share} 100`);
  $("progress").toggleAttribute("data-empty", !share);
  eyes();
  const count = state.counting_ms === null ? 0 : Math.ceil(state.counting_ms / 1000);
  if (!count) counted = -1;
  if (count && state.faces.length > counted) placeCount(String(count).length);
  if ($("count").textContent !== String(count || "")) $("count").textContent = count || "";
  const words = [
    state.health !== "ok" ? state.health : state.paused ? "paused" : state.loading ? "loading" : `${Math.round(state.fps)} fps`,
    state.provider,
    state.pictures === 1 ? "1 picture" : state.pictures ? `${state.pictures} pictures` : "no picture yet",
  ];
  $("status-words").textContent = words.filter(Boolean).join("  ·  ");
  $("lamp").className = state.health === "ok" && !state.paused && !state.loading && !state.fallback ? "well" : "";
  const trouble = state.message || (state.fallback ? `${state.fallback} does not work here, ${state.provider} does` : "");
  $("message").hidden = !trouble;
  $("message").textContent = trouble;
  $("auto").setAttribute("aria-checked", state.auto);
  $("pause").setAttribute("aria-checked", state.paused);
  $("countdown").classList.toggle("on", state.counting);
  $("countdown").lastElementChild.textContent = state.counting ? "Stop" : "Countdown";
  $("threshold-value").textContent = state.threshold === null ? "–" : state.threshold.toFixed(1);
  if (!moving) $("threshold").value = state.shift;
}

// How wide a numeral is in the countdown's own font, in em: systems have others.
function widthOf(text) {
  const pen = document.createElement("canvas").getContext("2d");
  const { fontWeight, fontFamily } = getComputedStyle($("count"));
  pen.font = `${fontWeight} 100px ${fontFamily}`;
  return pen.measureText(text).width / 100;
}

// Where the numeral of a countdown hides no face: in the middle, else at a side, or smaller between two people. It stays
// there until it is over, or somebody has joined.
function placeCount(digits) {
  const em = Math.min(0.34 * innerHeight, 0.4 * innerWidth); // as in live.css
  const half = (0.5 * widthOf("0".repeat(digits)) * em) / $("picture").clientWidth; // of its width, as a share of the picture's
  const across = state.faces.map(({ box }) => (mirrored ? [1 - box[2], 1 - box[0]] : [box[0], box[2]]));
  const hidden = ([middle, size]) => across.reduce(
    (sum, [x0, x1]) => sum + Math.max(0, Math.min(x1, middle + half * size) - Math.max(x0, middle - half * size)), 0);
  const places = [1, 0.6, 0.35].flatMap((size) => [0.5, 0.16, 0.84, 1 / 3, 2 / 3].map((middle) => [middle, size]));
  const whole = places.filter(([middle, size]) => Math.abs(middle - 0.5) + half * size <= 0.5);
  const [middle, size] = [...whole, [0.5, 0.35]].reduce((best, place) => (hidden(place) < hidden(best) ? place : best));
  $("count").style.left = `${100 * middle}%`;
  $("count").style.setProperty("--size", size);
  counted = state.faces.length;
}

function eyes() {
  const worst = state.faces.find((face) => face.worst);
  $("eyes").classList.toggle("none", !worst);
  if (!worst) return;
  // The subject's left eye is on the right of the picture, unless it is mirrored.
  const [left, right] = worst.eyes_closed;
  const closed = mirrored ? [left, right] : [right, left];
  ["eye-left", "eye-right"].forEach((id, i) => {
    $(id).classList.toggle("closed", closed[i] && !worst.eyes_hidden);
    $(id).classList.toggle("hidden-eye", worst.eyes_hidden);
    $(id).setAttribute("aria-label", worst.eyes_hidden ? "hidden" : closed[i] ? "closed" : "open");
  });
}

function flash(shot) {
  $("flash").classList.remove("on");
  void $("flash").offsetWidth; // begins the animation anew
  $("flash").classList.add("on");
  $("taken").src = shot.thumbnail;
  $("taken").hidden = false;
  clearTimeout(takenTimer);
  takenTimer = setTimeout(() => ($("taken").hidden = true), 3500);
}

function say(words) {
  (document.querySelector("dialog[open]") || document.body).append($("notice")); // nothing is seen behind a dialog
  $("notice").textContent = words;
  $("notice").classList.add("on");
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => $("notice").classList.remove("on"), 3000);
}

async function ask(path, body, words) {
  try {
    await send("POST", path, body);
    if (words) say(words);
  } catch (error) {
    say(error.message);
  }
}

const press = () => me.may_shoot && ask("/api/shutter", { mode: "best" });
const count = () => me.may_shoot && ask("/api/shutter", { mode: state && state.counting ? "stop" : "countdown" });
const forHost = (act) => () => (me.role === "host" ? act() : say("This is for the host"));
const auto = forHost(() => ask("/api/auto", { on: !state.auto }, `Pictures by themselves: ${state.auto ? "off" : "on"}`));
const pause = forHost(() => ask("/api/pause", { on: !state.paused }));
const shift = (by) => forHost(() => ask("/api/threshold", { shift: Number((state.shift + by).toFixed(2)) }))();

async function know() {
  try {
    me = await send("GET", "/api/me");
  } catch (error) {
    say(error.message);
  }
  const host = me.role === "host";
  document.body.classList.toggle("is-host", host);
  document.body.classList.toggle("may-shoot", me.may_shoot);
  $("role").textContent = me.pin ? (host ? "You are the host" : "You are a guest") : "";
  $("log-in").hidden = host || !me.pin;
  $("pin").inputMode = me.pin_digits ? "numeric" : "text";
  $("log-out").hidden = !host || !me.pin;
  shots.draw();
}

function mirror(on) {
  mirrored = on;
  document.body.classList.toggle("mirror", on);
  const full = document.documentElement;
  const enter = full.requestFullscreen || full.webkitRequestFullscreen;
  const leave = document.exitFullscreen || document.webkitExitFullscreen;
  const isFull = document.fullscreenElement || document.webkitFullscreenElement;
  // An iPhone knows no full screen for pages; there the mirror fills the page alone.
  if (on && enter && !isFull) Promise.resolve(enter.call(full)).catch(() => {});
  if (!on && leave && isFull) Promise.resolve(leave.call(document)).catch(() => {});
  if (on && "wakeLock" in navigator) navigator.wakeLock.request("screen").catch(() => {});
  history.replaceState(null, "", on ? "#mirror" : location.pathname);
  draw();
}

for (const kind of ["fullscreenchange", "webkitfullscreenchange"]) {
  document.addEventListener(kind, () => {
    if (mirrored && !document.fullscreenElement && !document.webkitFullscreenElement) mirror(false);
  });
}

$("shutter").onclick = press;
$("press").onclick = press;
$("countdown").onclick = count;
$("auto").onclick = auto;
$("pause").onclick = pause;
$("mirror").onclick = () => mirror(true);
$("leave").onclick = () => mirror(false);
$("threshold").oninput = () => {
  moving = true;
};
$("threshold").onchange = async () => {
  await ask("/api/threshold", { shift: Number($("threshold").value) });
  moving = false;
};
$("log-in").onclick = () => $("pin-dialog").showModal();
$("pin-cancel").onclick = () => $("pin-dialog").close();
$("log-out").onclick = async () => {
  await ask("/api/logout");
  await know();
  stream.again();
};
$("pin-form").onsubmit = async (event) => {
  event.preventDefault();
  try {
    await send("POST", "/api/login", { pin: $("pin").value });
  } catch (error) {
    $("pin-error").textContent = error.message;
    return;
  } finally {
    $("pin").value = "";
  }
  $("pin-error").textContent = "";
  $("pin-dialog").close();
  await know();
  stream.again();
};
$("invite").onclick = () => {
  $("qr").src = "/qr.svg";
  $("address").textContent = me.url;
  $("only-here").hidden = !/^https?:\/\/(127\.|localhost|\[::1\])/.test(me.url);
  $("invite-dialog").showModal();
};
$("invite-close").onclick = () => $("invite-dialog").close();

const KEYS = {
  " ": press, c: count, a: auto, p: pause, ArrowUp: () => shift(0.1), ArrowDown: () => shift(-0.1),
  "+": () => shift(0.1), "-": () => shift(-0.1), x: () => shots.remove(), Delete: () => shots.remove(),
  u: () => shots.undo(), m: () => mirror(!mirrored), f: () => mirror(!mirrored),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
  if ($("pin-dialog").open || $("invite-dialog").open) return;
  if (shots.open && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
    shots.step(event.key === "ArrowLeft" ? -1 : 1);
  } else if (event.key === "Escape" && mirrored) {
    mirror(false);
  } else if (/^[1-5]$/.test(event.key)) {
    shots.rate(Number(event.key));
  } else if (KEYS[event.key]) {
    // A button that has the focus would be pressed by the space, too.
    event.preventDefault();
    if (!event.repeat || event.key.startsWith("Arrow")) KEYS[event.key]();
  }
});

window.addEventListener("resize", draw);
if (location.hash === "#mirror") mirror(true);
know().then(() => stream.open());

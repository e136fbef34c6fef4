// A shoot in the browser: what keys and buttons do.
import * as data from "./review-data.js";
import * as list from "./review-list.js";
import * as view from "./review-view.js";

const $ = (id) => document.getElementById(id);
const here = () => view.isOpen() ? view.photoHere() : list.current;

let toldUntil = 0;
function tell(text) {
  $("said").textContent = text;
  toldUntil = Date.now() + 6000;
}

async function attempt(act) {
  try {
    return await act();
  } catch (error) {
    if (error.code === 403) { askPin(); return null; }
    tell(error.message);
    return null;
  }
}

const say = (photo, what) => photo && attempt(async () => { await data.say(photo, what); tell(data.describe(photo)); });
const toggle = (photo, flag) => photo && say(photo, { flag: data.flagOf(photo) === flag ? "" : flag });
const rate = (photo, stars) => photo && say(photo, { stars });
const forgive = (photo) => {
  if (photo?.eyes) say(photo, { forgiven: !data.isForgiven(photo) });
  else tell("no eyes are closed here");
};
let undone = null;  // where the last undo led
const undo = () => attempt(async () => {
  const from = here();
  const photo = await data.undo();
  if (!photo) { tell("undone"); return; }
  if (here() === from || here() === undone) look(photo);  // who has gone on while the host answered is not taken back
  undone = photo;
  tell(`undone: ${data.describe(photo)}`);
});

function look(photo) {
  if (!photo) return;
  list.go(photo, { focus: !view.isOpen() });
  if (view.isOpen()) view.open(photo);
}
function open(photo) {
  if (!photo) return;
  list.go(photo, { focus: false });
  view.open(photo);
}
function close() {
  view.close();
  list.layOut();  // what no longer fits the filter goes now, not while it was looked at
  list.draw();
  list.go(list.current);
}
const move = (way) => look(list.step(way));

const KEYS = {
  ArrowRight: () => move(1), ArrowLeft: () => move(-1), j: () => move(1), k: () => move(-1),
  ArrowDown: () => view.isOpen() ? move(1) : look(list.vertical(1)), ArrowUp: () => view.isOpen() ? move(-1) : look(list.vertical(-1)),
  Home: () => look(list.shown()[0]), End: () => look(list.shown().at(-1)),
  p: () => toggle(here(), "keep"), x: () => toggle(here(), "reject"), e: () => forgive(here()), u: undo,
  Enter: () => view.isOpen() ? close() : open(list.current), " ": () => view.isOpen() ? close() : open(list.current),
  Escape: () => view.isOpen() && close(),
  z: () => view.isOpen() ? view.toggleZoom() : open(list.current),
  c: () => { if (!view.isOpen()) open(list.current); view.compare(); },
  "?": () => $("help-dialog").showModal(),
};
for (const stars of [0, 1, 2, 3, 4, 5]) KEYS[stars] = () => rate(here(), stars);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const onButton = event.target instanceof HTMLButtonElement && (name === "Enter" || name === " ");
  if (onButton || !Object.hasOwn(KEYS, name)) return;
  event.preventDefault();
  KEYS[name]();
});

function showBar() {
  const kept = [...data.photos.values()].filter((photo) => data.flagOf(photo) === "keep").length;
  const { done, looked, total, connected, undoable } = data.status;
  const counts = `${data.many(kept, "keeper")} of ${data.many(data.photos.size, "photo")}`;
  $("count").textContent = !connected ? "livecam does not answer" : !done && !total ? "looking…" : counts;
  $("count").classList.toggle("wrong", !connected);
  $("looking").hidden = done;
  if (total) { $("looking").max = total; $("looking").value = looked; } else $("looking").removeAttribute("value");
  $("undo").disabled = !undoable;
  $("apply").disabled = !done || !connected;
  $("apply").title = done ? "" : "when livecam has seen all";
  if (!done && total && Date.now() > toldUntil) $("said").textContent = `looking: ${looked.toLocaleString("en")} of ${total.toLocaleString("en")}`;
  else if (done && $("said").textContent.startsWith("looking")) $("said").textContent = "";
  const none = !list.shown().length;
  $("empty").hidden = !none;
  $("empty").textContent = data.photos.size ? "No photo is like that." : done ? "No photo was found that can be shown." : "livecam is looking; the first photos appear here.";
}

function changed(what) {
  if (what.groups) { list.layOut(); list.draw(); if (view.isOpen() && !view.renew(data.photos)) close(); }
  if (what.words) { list.showAll(); view.refresh(); }
  if (what.photo) { list.showOne(what.photo); view.refresh(); }
  showBar();
}

for (const button of document.querySelectorAll("[data-filter]")) {
  button.onclick = () => {
    document.querySelectorAll("[data-filter]").forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
    list.setFilter(button.dataset.filter);
    showBar();
  };
}

$("undo").onclick = undo;
$("close").onclick = close;
$("back").onclick = () => move(-1);
$("on").onclick = () => move(1);
$("keep").onclick = () => toggle(here(), "keep");
$("reject").onclick = () => toggle(here(), "reject");
$("forgive").onclick = () => forgive(here());
[...$("stars").children].forEach((button, i) => { button.onclick = () => rate(here(), data.starsOf(here()) === i + 1 ? 0 : i + 1); });
$("help").onclick = () => $("help-dialog").showModal();
$("help-close").onclick = () => $("help-dialog").close();

function lines(about, room) {
  room.replaceChildren(...[...about.lines.map((text) => [text, ""]), ...about.failures.map((text) => [text, "wrong"])].map(([text, kind]) => {
    const line = document.createElement("p");
    line.textContent = text.replace(/: add --xmp for them$/, ": they are with “Write stars, labels and rejects”");
    line.className = kind;
    return line;
  }));
}

function offerUndo(last) {
  $("apply-undo").hidden = !last;
  $("apply-undo").title = last ? `Take back: ${last}` : "";
}

$("apply").onclick = () => attempt(async () => {
  const about = await data.ask("GET", "/api/apply");
  lines({ lines: about.lines.filter((line) => !line.startsWith("nothing is done yet")).map((line) => line.replace(/^.*, choices of /, "choices of ")), failures: about.failures }, $("apply-lines"));
  $("apply-offers").replaceChildren(...about.offers.map((offer) => {
    const label = document.createElement("label"), box = document.createElement("input");
    box.type = "checkbox";
    box.value = offer.name;
    box.checked = about.offers.length === 1 || offer.asked;
    label.append(box, offer.words);
    return label;
  }));
  const folders = about.offers.some((offer) => offer.name === "keepers");
  $("apply-hint").textContent = folders ? "" : "To copy, link or move the keepers, start livecam with --copy-to, --link-to or --move-to FOLDER.";
  offerUndo(about.last);
  $("apply-do").hidden = false;
  $("apply-dialog").showModal();
});
$("apply-close").onclick = () => $("apply-dialog").close();
async function finish(path, body, hint) {
  $("apply-do").disabled = $("apply-undo").disabled = true;
  try {
    const done = await data.ask("POST", path, body);
    lines(done, $("apply-lines"));
    $("apply-offers").replaceChildren();
    $("apply-hint").textContent = done.failures.length ? "" : hint;
    $("apply-do").hidden = true;
    offerUndo(done.last);
  } catch (error) {
    lines({ lines: [], failures: [error.message] }, $("apply-lines"));
  } finally {
    $("apply-do").disabled = $("apply-undo").disabled = false;
  }
}
$("apply-do").onclick = () => finish("/api/apply", { what: [...$("apply-offers").querySelectorAll("input:checked")].map((box) => box.value) }, "Done.");
$("apply-undo").onclick = () => finish("/api/apply/undo", {}, "Taken back. Stars and labels that were written stay, and so does what you chose here.");

function askPin() {
  if (!$("pin-dialog").open) $("pin-dialog").showModal();
}
$("pin-dialog").addEventListener("cancel", (event) => event.preventDefault());
$("pin-form").onsubmit = async (event) => {
  event.preventDefault();
  try {
    await data.ask("POST", "/api/login", { pin: $("pin").value });
  } catch (error) {
    $("pin-error").textContent = error.message;
    $("pin").select();
    return;
  }
  $("pin-error").textContent = $("pin").value = "";
  $("pin-dialog").close();
  start();
};

let begun = false;
async function start() {
  const me = await attempt(() => data.ask("GET", "/api/me"));
  if (!me) return;
  $("pin").inputMode = me.pin_digits ? "numeric" : "text";
  if (!me.host) { askPin(); return; }
  if (begun) return;
  begun = true;
  list.begin({ open, forgive, toggleKeep: (photo) => toggle(photo, data.flagOf(photo) === "reject" ? "reject" : "keep") });
  view.begin({ move, look, next: list.step, went: (photo) => list.go(photo, { focus: false }) });
  await attempt(() => data.begin(changed));
}
start();

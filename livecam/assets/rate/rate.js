"use strict";
const $ = (id) => document.getElementById(id);
const WORDS = ["never", "rather not", "all right", "good", "I would post it"];
const SHOWN_MS = 140;  // how long it is seen which one was chosen

let state = null, images = [], busy = false, whole = false;

const many = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const isPair = () => state?.faces === 2;

// Of what was sent while something else is under way nothing is kept: a key that is held must not answer ten questions.
async function send(what) {
  if (busy) return;
  busy = true;
  try {
    await take(await fetch("do", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what) }));
  } catch {
    gone();
  } finally {
    busy = false;
  }
}

async function take(response) {
  if (!response.ok) throw new Error(response.status);
  const before = state;
  state = await response.json();
  if (before?.number !== state.number) await load();
  show();
}

// The next faces appear together, and only once they are there.
async function load() {
  images = Array.from({ length: state.faces }, (_, side) => {
    const image = document.createElement("img");
    image.src = `${state.number}-${side}-${whole ? "whole" : "face"}.jpg`;
    image.alt = isPair() ? (side ? "right" : "left") : "the face";
    return image;
  });
  await Promise.all(images.map((image) => image.decode().catch(() => undefined)));
}

function gone() {
  $("said").textContent = "livecam does not answer any more: what you answered is kept. Start livecam rate again to go on.";
}

function show() {
  if (!state.faces) { finish(); return; }
  $("ask").textContent = isPair() ? "Which one do you like better?" : "How much do you like it?";
  $("count").textContent = `${state.place} of ${many(state.total, isPair() ? "pair" : "face")}`;
  $("bar").setAttribute("aria-valuemax", String(state.total));
  $("bar").setAttribute("aria-valuenow", String(state.place - 1));
  $("done").style.width = `${100 * (state.place - 1) / Math.max(state.total, 1)}%`;
  $("skip").textContent = isPair() ? "I cannot tell" : "skip";
  $("said").textContent = state.said;
  $("stars").hidden = isPair();
  $("faces").classList.toggle("whole", whole);
  $("faces").replaceChildren(...images.map(face));
  document.querySelectorAll("#stars button").forEach((button, i) => button.setAttribute("aria-pressed", String(!isPair() && state.answer === i + 1)));
  document.querySelector("[data-act=whole]").setAttribute("aria-pressed", String(whole));
}

function face(image, side) {
  const place = document.createElement(isPair() ? "button" : "div"), figure = document.createElement("figure");
  place.className = "face";
  figure.append(image);
  place.append(figure);
  if (!isPair()) return place;
  const caption = document.createElement("figcaption");
  caption.textContent = side ? "→" : "←";
  figure.append(caption);
  place.type = "button";
  place.setAttribute("aria-label", side ? "the right one" : "the left one");
  place.classList.toggle("before", state.answer === side);
  place.addEventListener("click", () => give(side));
  return place;
}

function give(answer) {
  if (busy || !state?.faces) return;
  if (isPair()) {
    [...$("faces").children].forEach((button, side) => button.classList.toggle("chosen", side === answer));
  } else {
    document.querySelectorAll("#stars button").forEach((button, i) => button.setAttribute("aria-pressed", String(i + 1 === answer)));
  }
  const number = state.number;
  busy = true;
  setTimeout(() => { busy = false; send({ act: "give", answer, number }); }, SHOWN_MS);
}

const act = (name) => state?.faces && send({ act: name, number: state.number });

async function turn() {
  if (!state?.faces || busy) return;
  busy = true;
  whole = !whole;
  await load();
  show();
  busy = false;
}

async function finish() {
  $("faces").hidden = true;
  document.querySelector("footer").hidden = true;
  document.querySelector("header").hidden = true;
  $("end").hidden = false;
  tell(`${many(state.answered, "answer")} kept`, ["livecam is learning from them …"]);
  try {
    if (!state.finished) await take(await fetch("do", { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"act": "finish"}' }));
    else if (state.result === null) {
      setTimeout(async () => { try { await take(await fetch("state")); } catch { gone(); } }, 200);
    } else {
      const [kept, ...learned] = state.result;
      tell(kept, [...learned, "You can close this page."]);
      await fetch("do", { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"act": "seen"}' });
    }
  } catch {
    tell(`${many(state.answered, "answer")} kept`, ["You can close this page."]);
  }
}

function tell(title, lines) {
  const heading = document.createElement("h1");
  heading.textContent = title;
  const parts = lines.map((line) => { const part = document.createElement("p"); part.textContent = line[0].toUpperCase() + line.slice(1); return part; });
  $("end").replaceChildren(heading, ...parts);
}

const KEYS = {
  " ": () => act("skip"), ArrowDown: () => act("skip"), b: () => act("back"), Backspace: () => act("back"),
  u: () => act("undo"), w: turn, q: () => act("finish"),
  ArrowLeft: () => isPair() ? give(0) : act("back"), ArrowRight: () => isPair() ? give(1) : act("skip"),
};
for (const rating of [1, 2, 3, 4, 5]) KEYS[rating] = () => isPair() ? rating <= 2 && give(rating - 1) : give(rating);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!Object.hasOwn(KEYS, name)) return;
  event.preventDefault();
  KEYS[name]();
});
document.querySelectorAll("#moves button").forEach((button) => button.addEventListener("click", () => {
  button.blur();  // or Space would press it again
  if (button.dataset.act === "whole") turn(); else act(button.dataset.act);
}));

$("stars").append(...WORDS.map((word, i) => {
  const button = document.createElement("button"), small = document.createElement("small");
  button.type = "button";
  small.textContent = word;
  button.append(String(i + 1), small);
  button.addEventListener("click", () => { button.blur(); give(i + 1); });
  return button;
}));

fetch("state").then(take).catch(gone);

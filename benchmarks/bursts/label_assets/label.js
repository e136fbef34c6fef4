"use strict";
const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
const bursts = data.bursts;
const store = "livecam burst labels " + data.id, whoStore = "livecam burst labels reader";
const FILE = "burst-labels.jsonl";
const isReader = new RegExp(`^(?:${data.reader})$`);
let at = 0;
for (const burst of bursts) { burst.first = at; at += burst.line.frames.length; }

// What the reader said of a burst, by its place; the pages of other bursts are stored apart.
let said = recall();
let burst = 0, frame = 0;

const many = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const wordsOn = (index) => said[index] ?? { choose: [], never: [], preference: "", why: "" };
const isLabelled = (index) => wordsOn(index).choose.length + wordsOn(index).never.length > 0 || wordsOn(index).preference !== "";
const picture = (name) => {
  const text = $(name)?.textContent;
  return text ? "data:image/jpeg;base64," + text : "";
};

function tell(text) { $("said").textContent = text; }

function reader() {
  try {
    const kept = localStorage.getItem(whoStore);
    if (isReader.test(kept ?? "")) return kept;
  } catch { /* no storage */ }
  // A made-up one, so that two readers are told apart and none is named.
  return "r-" + [...crypto.getRandomValues(new Uint8Array(3))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function change(what) {
  said[burst] = { ...wordsOn(burst), ...what };
  keep();
  show();
}

// A frame is chosen, never to be kept, or neither.
function mark(name) {
  const other = name === "choose" ? "never" : "choose";
  const words = wordsOn(burst), had = words[name].includes(frame);
  const without = (list) => list.filter((index) => index !== frame);
  const marked = had ? without(words[name]) : [...words[name], frame].sort((a, b) => a - b);
  const preference = words.preference === "none" && name === "choose" && !had ? "" : words.preference;
  change({ [name]: marked, [other]: without(words[other]), preference });
  tell(`frame ${frame + 1} ${had ? "is neither" : name === "choose" ? "chosen" : "never to be kept"}`);
}

function prefer(value) {
  const words = wordsOn(burst), preference = words.preference === value ? "" : value;
  // Where there is nothing to choose, nothing is chosen.
  change(preference === "none" ? { preference, choose: [] } : { preference });
}

function show() {
  const words = wordsOn(burst), { line, first, names } = bursts[burst];
  const frames = line.frames.length;
  [...$("frames").children].forEach((card, index) => {
    const chosen = words.choose.includes(index), never = words.never.includes(index);
    card.classList.toggle("chosen", chosen);
    card.classList.toggle("never", never);
    card.querySelector(".mark").textContent = chosen ? "✓" : never ? "✕" : "";
    card.setAttribute("aria-selected", String(chosen));
    card.setAttribute("aria-label", `frame ${index + 1}${chosen ? ", chosen" : never ? ", never" : ""}`);
    card.setAttribute("aria-current", String(index === frame));
    card.tabIndex = index === frame ? 0 : -1;
  });
  for (const [id, source] of [["face", picture("f" + (first + frame))], ["whole", picture("p" + (first + frame))]]) {
    if (source) $(id).src = source; else $(id).removeAttribute("src");
  }
  $("face").alt = `faces of frame ${frame + 1}`;
  $("whole").alt = `frame ${frame + 1}`;
  const offset = line.frames[frame].offset_ms;
  $("called").textContent = `Frame ${frame + 1} of ${frames}${offset === null ? "" : `, ${(offset / 1000).toFixed(2)} s`}. ${names[frame]} (the name is not saved)`;
  document.querySelectorAll(".plain").forEach((button) => button.setAttribute("aria-pressed", String(button.value === words.preference)));
  if (document.activeElement !== $("why")) $("why").value = words.why;
  const done = bursts.filter((_, index) => isLabelled(index)).length;
  $("count").textContent = `Burst ${burst + 1} of ${bursts.length}, ${done} labelled`;
}

function open(index) {
  if (index < 0 || index >= bursts.length) { tell(index < 0 ? "this is the first burst" : "this is the last burst: save the labels"); return; }
  burst = index;
  frame = 0;
  tell("");
  $("why").blur();
  $("frames").replaceChildren(...bursts[burst].line.frames.map((_, place) => {
    const card = $("card").content.firstElementChild.cloneNode(true);
    const source = picture("f" + (bursts[burst].first + place)) || picture("p" + (bursts[burst].first + place));
    card.classList.toggle("empty", !source);
    if (source) card.querySelector("img").src = source;
    card.querySelector(".chip").textContent = String(place + 1);
    card.place = place;
    return card;
  }));
  $("frames").setAttribute("aria-label", `Burst ${burst + 1}`);
  show();
  $("frames").children[0].focus({ preventScroll: true });
}

function go(index) {
  if (index < 0 || index >= bursts[burst].line.frames.length) return;
  frame = index;
  show();
  const card = $("frames").children[frame];
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

// What is handed on of a burst: docs/burst-labels.md.
const lineOf = (index) => {
  const { choose, never, preference, why } = wordsOn(index);
  return { ...bursts[index].line, reader: $("reader").value, blind: true, choose, never, preference, why };
};

// Before somebody has chosen, no model's word is in sight, not even in what will be saved.
const HIDDEN = new Set(["score", "open_eyes_score", "rating_probs", "eyes_closed", "reasons", "blendshapes", "pose", "sharpness"]);
const withoutWords = (key, value) => HIDDEN.has(key) ? "measured; not shown here, so that you choose by yourself" : value;

function save() {
  if (!isReader.test($("reader").value)) {
    tell("the reader may have letters, digits, dots and dashes only");
    $("reader").focus();
    return;
  }
  const labelled = bursts.map((_, index) => index).filter(isLabelled);
  if (!labelled.length) { tell("nothing is labelled yet: press Space on the best frame of a burst"); return; }
  const text = labelled.map((index) => JSON.stringify(lineOf(index)) + "\n").join("");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/jsonl" }));
  link.download = FILE;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  tell(`labels of ${many(labelled.length, "burst")} saved as ${FILE}`);
}

const KEYS = {
  ArrowRight: () => go(frame + 1), ArrowLeft: () => go(frame - 1), ArrowDown: () => open(burst + 1), ArrowUp: () => open(burst - 1),
  Enter: () => open(burst + 1), Home: () => go(0), End: () => go(bursts[burst].line.frames.length - 1),
  " ": () => mark("choose"), x: () => mark("never"), n: () => $("why").focus(),
  1: () => prefer("clear"), 2: () => prefer("weak"), 3: () => prefer("none"),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("shown").open) return;
  if (event.target instanceof HTMLInputElement) {
    if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); go(frame); }
    return;
  }
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const onButton = event.target instanceof HTMLButtonElement && (name === "Enter" || name === " ");
  if (onButton || !Object.hasOwn(KEYS, name)) return;
  event.preventDefault();
  KEYS[name]();
});

$("frames").addEventListener("click", (event) => {
  const card = event.target.closest(".card");
  if (!card) return;
  go(card.place);
  mark("choose");
});
$("frames").addEventListener("focusin", (event) => { const card = event.target.closest(".card"); if (card && card.place !== frame) go(card.place); });
$("before").addEventListener("click", () => open(burst - 1));
$("after").addEventListener("click", () => open(burst + 1));
$("save").addEventListener("click", save);
$("what").addEventListener("click", () => {
  $("shown").querySelector("textarea").value = JSON.stringify(lineOf(burst), withoutWords, 1);
  $("shown").showModal();
  $("shown").querySelector("textarea").scrollTop = 0;
});
$("why").maxLength = data.words;
$("why").addEventListener("input", () => change({ why: $("why").value }));
$("reader").addEventListener("change", () => {
  try { localStorage.setItem(whoStore, $("reader").value); } catch { /* no storage */ }
});
document.querySelectorAll(".plain").forEach((button) => button.addEventListener("click", () => prefer(button.value)));

$("reader").value = reader();
try { localStorage.setItem(whoStore, $("reader").value); } catch { /* no storage */ }
open(0);

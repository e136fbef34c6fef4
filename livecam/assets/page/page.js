"use strict";
const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);
// Without a score it says "no face" in its place, which is enough.
const saidOnce = (photo) => photo.why.filter((why) => photo.score !== null || why !== "no face");
const photos = data.groups.flatMap((group) => group.photos.map((photo) => ({ ...photo, group, why: saidOnce(photo) })));
const store = "livecam best " + data.id;
const FILE = "livecam-choices.json";

// What a person said of a photo, by its key; what is not here is as livecam chose.
let said = recall();
const history = [];
let current = 0, viewed = 0;
let met = false;  // whether it was seen yet which photo is the current one

const ratingOf = (photo) => said[photo.key]?.rating ?? 0;
const forgiven = (photo) => Boolean(photo.eyes) && (said[photo.key]?.forgiven ?? false);
const CLOSED = /(^|: )(eyes|left eye|right eye) closed$/;
const whyOf = (photo) => forgiven(photo) ? photo.why.filter((why) => !CLOSED.test(why)) : photo.why;
const eyesOf = (photo) => forgiven(photo) ? `${photo.eyes}, on purpose` : photo.eyes;
const faultsOf = (photo) => {
  const known = !photo.eyes || (!forgiven(photo) && photo.why.some((why) => CLOSED.test(why)));
  return known ? whyOf(photo) : [...whyOf(photo), eyesOf(photo)];
};
const flagOf = (photo) => said[photo.key]?.flag ?? photo.flag;
const nameOf = (photo) => photo.kinds ? `${photo.name} (${photo.kinds})` : photo.name;
const keepers = () => photos.filter((photo) => flagOf(photo) === "keep");
const many = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
// What closed eyes cost is given back to a photo whose closed eyes are forgiven.
const scoreOf = (photo) => forgiven(photo) ? photo.open ?? photo.score : photo.score;
const pointsOf = (photo) => photo.score === null ? "no face" : scoreOf(photo).toFixed(1);
const picture = (photo) => {
  const text = $("p" + photo.number)?.textContent;
  return text ? "data:image/jpeg;base64," + text : "";
};

function tell(text) { $("said").textContent = text; }

function change(photo, what) {
  met = true;
  history.push([photo.key, said[photo.key]]);
  said[photo.key] = { ...said[photo.key], ...what };
  keep();
  show(photo);
  count();
  tell(describe(photo));
}

function undo() {
  if (!history.length) { tell("nothing to undo"); return; }
  const [key, before] = history.pop();
  if (before) said[key] = before; else delete said[key];
  keep();
  const photo = photos.find((photo) => photo.key === key);
  show(photo);
  count();
  go(photos.indexOf(photo));
  tell(`undone: ${describe(photo)}`);
}

function describe(photo) {
  const parts = [nameOf(photo)];
  if (photo.group.photos.length > 1) parts.push(`frame ${photo.frame}, rank ${photo.rank} of ${photo.group.photos.length}`);
  parts.push(photo.score === null ? "no face" : `score ${pointsOf(photo)} of 5`, ...faultsOf(photo));
  if (flagOf(photo) === "keep") parts.push("keeper");
  if (flagOf(photo) === "reject") parts.push("rejected");
  if (ratingOf(photo)) parts.push(many(ratingOf(photo), "star"));
  if (photo.given && photo.given !== ratingOf(photo)) parts.push(`${many(photo.given, "star")} in its file`);
  return parts.join(", ");
}

function show(photo) {
  const { card } = photo, flag = flagOf(photo), rating = ratingOf(photo);
  card.classList.toggle("keeper", flag === "keep");
  card.classList.toggle("rejected", flag === "reject");
  card.setAttribute("aria-selected", String(flag === "keep"));
  card.setAttribute("aria-label", describe(photo));
  card.querySelector(".flag").textContent = flag === "reject" ? "✕" : "✓";
  card.querySelector(".score").textContent = pointsOf(photo);
  card.querySelector(".why").textContent = whyOf(photo).join(", ");
  const eyes = card.querySelector(".eyes");
  eyes.hidden = !photo.eyes;
  eyes.textContent = eyesOf(photo);
  eyes.title = forgiven(photo) ? "Closed eyes are a fault again (E)" : "Closed eyes are fine here (E)";
  eyes.classList.toggle("forgiven", forgiven(photo));
  const stars = card.querySelector(".stars");
  stars.textContent = "★".repeat(rating || photo.given);
  stars.classList.toggle("given", !rating && photo.given > 0);
  stars.title = photo.given ? `${many(photo.given, "star")} in its file` : "";
  if ($("view").open && photos[current] === photo) fillView();
}

function count() {
  $("count").textContent = `${many(keepers().length, "keeper")} of ${many(photos.length, "photo")}`;
}

function build(photo, best) {
  const card = $("card").content.firstElementChild.cloneNode(true);
  card.style.setProperty("--shape", photo.shape);
  card.querySelector(".of").textContent = photo.score === null ? "" : "of 5";
  card.querySelector(".name").textContent = photo.name;
  card.querySelector(".name").title = nameOf(photo);
  card.querySelector(".kinds").textContent = photo.kinds;
  const chip = card.querySelector(".chip");
  // What others lost by names frames by their place in time.
  chip.textContent = photo.group.photos.length === 1 ? "" : best ? `Best, frame ${photo.frame}` : `frame ${photo.frame}`;
  chip.hidden = !chip.textContent;
  card.number = photo.number;
  photo.card = card;
  near.observe(card);
  return card;
}

// A picture is decoded when it comes near the window, and forgotten when it is far: 2,000 would not fit.
const near = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const image = target.querySelector("img");
    if (!isIntersecting) image.removeAttribute("src");
    else if (!image.hasAttribute("src")) {
      const source = picture(photos[target.number]);
      if (source) image.src = source;
    }
  }
}, { rootMargin: "900px" });

function listbox(title) {
  const list = document.createElement("div");
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-multiselectable", "true");
  list.setAttribute("aria-orientation", "horizontal");
  list.setAttribute("aria-label", title);
  return list;
}

function section(title, note) {
  const part = document.createElement("section");
  const heading = document.createElement("h2");
  const name = document.createElement("bdi");
  name.textContent = title;
  const quiet = document.createElement("span");
  quiet.className = "quiet";
  quiet.textContent = note;
  heading.append(name, quiet);
  part.append(heading);
  $("groups").append(part);
  return part;
}

function buildAll() {
  let singles = null;
  let at = 0;
  for (const group of data.groups) {
    const mine = photos.slice(at, at += group.photos.length);
    if (mine.length === 1) {
      if (!singles) {
        singles = listbox("Single photos");
        singles.className = "photos";
        singles.note = section("Single photos", "").lastElementChild.lastElementChild;
        singles.note.closest("section").append(singles);
      }
      singles.append(build(mine[0], false));
      singles.note.textContent = many(singles.children.length, "photo");
      continue;
    }
    singles = null;
    const list = listbox(group.name), others = document.createElement("div");
    list.className = "with-best";
    others.className = "photos";
    others.setAttribute("role", "presentation");
    others.append(...mine.slice(1).map((photo) => build(photo, false)));
    list.append(build(mine[0], mine[0].flag !== "reject"), others);
    section(group.name, [many(mine.length, "photo"), group.time].filter(Boolean).join(", ")).append(list);
  }
  photos.forEach(show);
  count();
}

function go(index, { focus = true } = {}) {
  if (index < 0 || index >= photos.length) return;
  if (index !== current) tell("");
  met ||= focus;
  photos[current].card.tabIndex = -1;
  current = index;
  const { card } = photos[current];
  card.tabIndex = 0;
  if ($("view").open) fillView();
  if (focus && !$("view").open) card.focus();
  card.scrollIntoView({ block: "nearest" });
}

// The first arrow shows which photo is the current one, and passes none.
const step = (way) => go(met ? current + way : current);

// The nearest picture above or below, by where it really is on the screen.
function vertical(way) {
  if (!met) { step(way); return; }
  const box = (index) => photos[index].card.firstElementChild.getBoundingClientRect();
  const here = box(current), middle = (here.left + here.right) / 2;
  const apart = (there) => Math.max(there.left - middle, middle - there.right, 0);
  let best = -1, least = Infinity, line = null;
  for (let i = current + way; i >= 0 && i < photos.length; i += way) {
    const there = box(i);
    if (way > 0 ? there.top < here.bottom : there.bottom > here.top) continue;
    if (line !== null && Math.abs(there.top - line) > here.height * 2) break;
    line ??= there.top;
    const distance = Math.abs(there.top - here.top) * 2 + apart(there);
    if (distance < least) { least = distance; best = i; }
  }
  if (best >= 0) go(best);
}

function fillView() {
  const photo = photos[current], flag = flagOf(photo);
  viewed = current;
  $("large").src = picture(photo);
  $("large").alt = describe(photo);
  $("place").textContent = photo.group.photos.length > 1
    ? `frame ${photo.frame}, rank ${photo.rank} of ${photo.group.photos.length}` : "single photo";
  $("points").textContent = pointsOf(photo) + (photo.score === null ? "" : " of 5");
  $("because").textContent = faultsOf(photo).join(", ") || (photo.rank === 1 && photo.flag !== "reject" && photo.group.photos.length > 1 ? "the best of its group" : "");
  $("called").textContent = nameOf(photo);
  document.querySelectorAll(".rate").forEach((button, i) => button.setAttribute("aria-pressed", String(ratingOf(photo) === i + 1)));
  $("eyes").hidden = !photo.eyes;
  $("eyes").setAttribute("aria-pressed", String(forgiven(photo)));
  $("keep").setAttribute("aria-pressed", String(flag === "keep"));
  $("reject").setAttribute("aria-pressed", String(flag === "reject"));
}

function enlarge() {
  met = true;
  $("view").showModal();
  $("close").focus();
  fillView();
}

function close() {
  $("view").close();
  go(viewed);  // the browser itself goes back to where it was opened
}

const turn = () => $("view").open ? close() : enlarge();

const toggle = (photo, flag) => change(photo, { flag: flagOf(photo) === flag ? "" : flag });
const forgive = (photo) => photo.eyes ? change(photo, { forgiven: !forgiven(photo) }) : tell("no eyes are closed here");
const rate = (photo, rating) => change(photo, { rating: ratingOf(photo) === rating ? 0 : rating });

const KEYS = {
  ArrowRight: () => step(1), ArrowLeft: () => step(-1), j: () => step(1), k: () => step(-1),
  ArrowDown: () => $("view").open ? go(current + 1) : vertical(1), ArrowUp: () => $("view").open ? go(current - 1) : vertical(-1),
  Home: () => go(0), End: () => go(photos.length - 1),
  p: () => toggle(photos[current], "keep"), x: () => toggle(photos[current], "reject"), e: () => forgive(photos[current]), u: undo, Enter: turn, " ": turn,
  Escape: () => $("view").open && close(),
  0: () => change(photos[current], { rating: 0 }),
};
for (const rating of [1, 2, 3, 4, 5]) KEYS[rating] = () => change(photos[current], { rating });

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("byhand").open) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const onButton = event.target instanceof HTMLButtonElement && (name === "Enter" || name === " ");
  if (onButton || !Object.hasOwn(KEYS, name)) return;
  event.preventDefault();
  KEYS[name]();
});

const cardOf = (event) => event.target.closest(".card");
$("groups").addEventListener("click", (event) => {
  const card = cardOf(event);
  if (!card) return;
  go(card.number);
  if (event.target.closest(".eyes")) forgive(photos[card.number]);
  if (event.target.closest(".flag")) toggle(photos[card.number], flagOf(photos[card.number]) === "reject" ? "reject" : "keep");
});
$("groups").addEventListener("dblclick", (event) => { if (cardOf(event) && !event.target.closest(".flag, .eyes")) enlarge(); });
$("groups").addEventListener("focusin", (event) => {
  const card = cardOf(event);
  if (!card) return;
  met = true;
  if (card.number !== current) go(card.number);
});
$("back").addEventListener("click", () => go(current - 1));
$("on").addEventListener("click", () => go(current + 1));
$("eyes").addEventListener("click", () => forgive(photos[current]));
$("keep").addEventListener("click", () => toggle(photos[current], "keep"));
$("reject").addEventListener("click", () => toggle(photos[current], "reject"));
$("close").addEventListener("click", close);
$("view").addEventListener("cancel", (event) => { event.preventDefault(); close(); });
document.querySelectorAll(".rate").forEach((button, i) => button.addEventListener("click", () => rate(photos[current], i + 1)));

// A list has one path a line; a path that is no text, or has a line feed in it, cannot be in one.
function split(chosen, fits) {
  const left = chosen.filter((photo) => !fits(photo)).length;
  return [chosen.filter(fits), left ? `, ${many(left, "photo")} left out: ${left === 1 ? "its name" : "their names"} cannot be written in it` : ""];
}

async function copy() {
  const [listed, rest] = split(keepers(), (photo) => photo.text && !/[\r\n]/.test(photo.path));
  const text = listed.map((photo) => photo.path + "\n").join("");
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    if (!copyTheOldWay(text)) return;
  }
  tell(`${many(listed.length, "path")} copied${rest}`);
}

function copyTheOldWay(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "away";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) {
    $("byhand").querySelector("textarea").value = text;
    $("byhand").showModal();
    $("byhand").querySelector("textarea").select();
  }
  return done;
}

function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const cell = (text) => /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

$("copy").addEventListener("click", copy);
$("text").addEventListener("click", () => {
  const [listed, rest] = split(keepers(), (photo) => photo.text && !/[\r\n]/.test(photo.path));
  save("keepers.txt", "text/plain", listed.map((photo) => photo.path + "\n").join(""));
  tell(`${many(listed.length, "path")} saved${rest}`);
});
$("ratings").addEventListener("click", () => {
  const rated = photos.filter((photo) => ratingOf(photo));
  if (!rated.length) { tell("nothing is rated yet: press 1 to 5 on a photo"); return; }
  const [listed, rest] = split(rated, (photo) => photo.text && !photo.clip);
  save("ratings.csv", "text/csv", "path,rating\n" + listed.map((photo) => `${cell(photo.path)},${ratingOf(photo)}\n`).join(""));
  tell(`${many(listed.length, "rating")} saved${rest}`);
});

// All that was chosen, for livecam best --apply: one photo a line; what it is in docs/architecture.md.
$("choices").addEventListener("click", () => {
  const lines = photos.map((photo) => JSON.stringify({
    ...photo.file, flag: flagOf(photo), flag_by: said[photo.key]?.flag === undefined ? "livecam" : "person",
    stars: ratingOf(photo), eyes: forgiven(photo) ? "forgiven" : photo.eyes ? "closed" : "",
  }));
  const head = JSON.stringify({ livecam_choices: data.format, generator: data.generator, page: data.id });
  save(FILE, "application/json", `${head.slice(0, -1)},"photos":[\n${lines.join(",\n")}\n]}\n`);
  tell(`choices of ${many(photos.length, "photo")} saved, for livecam best --apply ${FILE}`);
});

buildAll();
$("eyeskey").hidden = !photos.some((photo) => photo.eyes);
if (photos.length) go(0, { focus: false });

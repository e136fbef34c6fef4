// The list: groups as strips, single photos in rows. Only what is near the window exists, however many photos there are.
import { FILTERS, describe, eyesOf, flagOf, groups, isForgiven, many, pointsOf, starsOf, url, whyOf } from "./review-data.js";

const $ = (id) => document.getElementById(id);
const GAP = 10, HEAD = 40, UNDER = 34, FOOT = 10;
const NEAR = 700;  // pixels above and below the window that are built already
const AT_A_TIME = 6;  // pictures asked for

let rows = [];         // { top, height, head, photos, cell }
let order = [];        // the photos that are shown, in their order
const placeOf = new Map();
const built = new Map();  // row -> its element, with the cards that exist
export let current = null;
let filter = "all";
let act = {};

const wide = () => $("list").clientWidth;
const edge = () => Number.parseFloat(getComputedStyle($("bar")).paddingLeft);
const pictureHeight = () => wide() < 600 ? 112 : wide() < 1200 ? 140 : 164;
const shapeOf = (photos) => Math.min(Math.max(...photos.map((photo) => photo.shape), 0.75), 1.8);

export const shown = () => order;
export const filterName = () => filter;

export function setFilter(name) {
  filter = name;
  layOut();
  $("list").scrollTop = 0;
  if (order.length && !placeOf.has(current?.id)) current = order[0];
  draw();
}

export function layOut() {
  for (const element of built.values()) element.remove();
  built.clear();
  waiting.length = 0;
  const lefts = new Map(rows.map((row) => [row.photos[0].id, row.left]));  // how far each strip was moved
  const fits = FILTERS[filter], high = pictureHeight(), across = wide() - 2 * edge();
  rows = [];
  order = [];
  placeOf.clear();
  let top = 0, singles = [];
  const add = (head, photos, cell) => {
    const row = { top, head, photos, cell, left: lefts.get(photos[0].id), height: (head ? HEAD : 0) + high + UNDER + FOOT, high };
    photos.forEach((photo, i) => placeOf.set(photo.id, { row, column: i, index: order.length + i }));
    order.push(...photos);
    rows.push(row);
    top += row.height;
  };
  const flush = () => {
    if (!singles.length) return;
    const cell = Math.max(Math.round(high * shapeOf(singles)), 104), fit = Math.max(Math.floor((across + GAP) / (cell + GAP)), 1);
    for (let i = 0; i < singles.length; i += fit) {
      add(i ? null : { name: "Single photos", note: many(singles.length, "photo") }, singles.slice(i, i + fit), cell);
    }
    singles = [];
  };
  for (const group of groups) {
    if (group.photos.length === 1) { if (fits(group.photos[0])) singles.push(group.photos[0]); continue; }
    const photos = group.photos.filter(fits);
    if (!photos.length) continue;
    flush();
    const count = photos.length < group.photos.length ? `${photos.length} of ${many(group.photos.length, "photo")}` : many(photos.length, "photo");
    const kind = group.kind === "burst" || group.kind === "single" ? "" : group.kind;
    add({ name: group.name, note: [kind, count, group.time].filter(Boolean).join(", ") }, photos, Math.max(Math.round(high * shapeOf(photos)), 104));
  }
  flush();
  $("space").style.height = `${top}px`;
  $("space").style.setProperty("--high", `${high}px`);
  if (current) current = order[placeOf.get(current.id)?.index] ?? order[0] ?? null;
  else current = order[0] ?? null;
}

function firstRow(y) {
  let low = 0, high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].top + rows[middle].height <= y) low = middle + 1; else high = middle;
  }
  return low;
}

export function draw() {
  const list = $("list"), from = list.scrollTop - NEAR, to = list.scrollTop + list.clientHeight + NEAR;
  for (const [row, element] of built) {
    if (row.top + row.height < from || row.top > to) { element.remove(); built.delete(row); }
  }
  for (let i = firstRow(from); i < rows.length && rows[i].top <= to; i++) {
    if (!built.has(rows[i])) built.set(rows[i], build(rows[i]));
    fill(rows[i], built.get(rows[i]));
  }
  load();
}

function build(row) {
  const element = document.createElement("section");
  element.style.transform = `translateY(${row.top}px)`;
  element.style.height = `${row.height}px`;
  if (row.head) {
    const head = document.createElement("h2"), name = document.createElement("bdi"), note = document.createElement("span");
    name.textContent = row.head.name;
    note.textContent = row.head.note;
    head.append(name, note);
    element.append(head);
  }
  const strip = document.createElement("div"), inner = document.createElement("div");
  strip.className = "strip";
  strip.setAttribute("role", "listbox");
  strip.setAttribute("aria-multiselectable", "true");
  strip.setAttribute("aria-label", row.head?.name ?? "Single photos");
  inner.className = "inner";
  inner.style.width = `${row.photos.length * (row.cell + GAP) - GAP}px`;
  strip.append(inner);
  strip.scrollLeft = row.left ?? 0;
  strip.addEventListener("scroll", () => { row.left = strip.scrollLeft; fill(row, element); load(); }, { passive: true });
  element.append(strip);
  element.cards = new Map();
  $("space").append(element);
  if (row.left) strip.scrollLeft = row.left;
  return element;
}

function fill(row, element) {
  const step = row.cell + GAP, left = row.left ?? 0;
  const from = Math.max(Math.floor((left - NEAR) / step), 0), to = Math.min(Math.ceil((left + wide() + NEAR) / step), row.photos.length);
  for (const [i, card] of element.cards) if (i < from || i >= to) { card.remove(); element.cards.delete(i); }
  for (let i = from; i < to; i++) {
    if (element.cards.has(i)) continue;
    const card = $("card").content.firstElementChild.cloneNode(true);
    card.style.transform = `translateX(${i * step}px)`;
    card.style.width = `${row.cell}px`;
    card.photo = row.photos[i];
    element.cards.set(i, card);
    element.querySelector(".inner").append(card);
    show(card);
    want(card);
  }
}

function show(card) {
  const { photo } = card, flag = flagOf(photo), stars = starsOf(photo);
  card.classList.toggle("keeper", flag === "keep");
  card.classList.toggle("rejected", flag === "reject");
  card.classList.toggle("current", photo === current);
  card.tabIndex = photo === current ? 0 : -1;
  card.setAttribute("aria-selected", String(flag === "keep"));
  card.setAttribute("aria-label", describe(photo));
  card.querySelector(".flag").textContent = flag === "reject" ? "✕" : "✓";
  card.querySelector(".flag").title = flag === "keep" ? "Kept (P)" : flag === "reject" ? "Rejected (X)" : "Keep (P)";
  card.querySelector(".score").textContent = pointsOf(photo);
  card.querySelector(".why").textContent = whyOf(photo).join(", ");
  card.querySelector(".why").title = whyOf(photo).join(", ");
  const given = card.querySelector(".given");
  given.textContent = "★".repeat(stars || photo.given);
  given.classList.toggle("there", !stars && photo.given > 0);
  const chip = card.querySelector(".chip");
  chip.textContent = photo.group.photos.length === 1 || photo.rank > 1 || photo.flag === "reject" ? "" : "best";
  chip.hidden = !chip.textContent;
  const eyes = card.querySelector(".eyes");
  eyes.hidden = !photo.eyes;
  eyes.textContent = isForgiven(photo) ? "on purpose" : photo.eyes;
  eyes.title = isForgiven(photo) ? `${eyesOf(photo)}: a fault again (E)` : "Closed eyes are fine here (E)";
  eyes.classList.toggle("forgiven", isForgiven(photo));
}

const cards = function* () { for (const element of built.values()) yield* element.cards.values(); };
export function showAll() { for (const card of cards()) show(card); }
export function showOne(photo) { for (const card of cards()) if (card.photo === photo) show(card); }

// Pictures are asked for a few at a time, the last wanted first: whoever scrolls past does not wait for what is gone.
const waiting = [];
let loading = 0;
function want(card) { waiting.push(card); }
function load() {
  while (loading < AT_A_TIME && waiting.length) {
    const card = waiting.pop();
    if (!card.isConnected) continue;
    loading++;
    const image = card.querySelector("img");
    image.onload = () => { loading--; load(); };
    image.onerror = () => { loading--; again(card); };
    image.src = url(card.photo, "small");
  }
}
function again(card) {
  card.tries = (card.tries ?? 0) + 1;
  if (card.tries > 4) { card.classList.add("gone"); load(); return; }
  setTimeout(() => { if (card.isConnected) { card.querySelector("img").removeAttribute("src"); want(card); load(); } }, 400 * card.tries);
  load();
}

export function go(photo, { focus = true } = {}) {
  if (!photo) return;
  const before = current;
  current = photo;
  const place = placeOf.get(photo.id);
  if (!place) { showAll(); return; }
  const list = $("list"), { row } = place;
  if (row.top < list.scrollTop) list.scrollTop = row.top - 4;
  else if (row.top + row.height > list.scrollTop + list.clientHeight) list.scrollTop = row.top + row.height - list.clientHeight;
  const left = place.column * (row.cell + GAP), strip = built.get(row)?.querySelector(".strip");
  const at = row.left ?? 0;
  if (left < at) row.left = Math.max(left - GAP, 0);
  else if (left + row.cell > at + wide() - 2 * edge()) row.left = left + row.cell - wide() + 2 * edge() + GAP;
  if (strip) strip.scrollLeft = row.left ?? 0;
  draw();
  if (before) showOne(before);
  showOne(photo);
  if (focus) for (const card of cards()) if (card.photo === photo) card.focus({ preventScroll: true });
}

export const step = (way) => order[(placeOf.get(current?.id)?.index ?? 0) + way];

export function vertical(way) {
  const place = placeOf.get(current?.id);
  if (!place) return null;
  const row = rows[rows.indexOf(place.row) + way];
  if (!row) return null;
  const x = place.column * (place.row.cell + GAP) - (place.row.left ?? 0) + (row.left ?? 0);
  return row.photos[Math.min(Math.max(Math.round(x / (row.cell + GAP)), 0), row.photos.length - 1)];
}

export function begin(actions) {
  act = actions;
  let asked = false;
  $("list").addEventListener("scroll", () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; draw(); });
  }, { passive: true });
  new ResizeObserver(() => { layOut(); draw(); }).observe($("list"));
  $("space").addEventListener("click", (event) => {
    const card = event.target.closest(".card");
    if (!card) return;
    if (event.target.closest(".flag")) { go(card.photo); act.toggleKeep(card.photo); }
    else if (event.target.closest(".eyes")) { go(card.photo); act.forgive(card.photo); }
    else act.open(card.photo);
  });
  $("space").addEventListener("focusin", (event) => {
    const card = event.target.closest(".card");
    if (card && card.photo !== current) go(card.photo, { focus: false });
  });
}

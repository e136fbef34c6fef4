// One photo, or two or four side by side: whole, or at 100 % on the face; all panes zoom and move together.
import { describe, eyesOf, faceUrl, flagOf, isForgiven, pointsOf, starsOf, url, whyOf } from "./review-data.js";

const $ = (id) => document.getElementById(id);
let panes = 1;
let chosen = [];       // the photos in the panes
let active = 0;        // which of them keys and buttons are about
let zoom = 0;          // 0: the whole picture; else screen pixels for one of the photo
let shift = { x: 0, y: 0 };  // of the middle, in shares of the photo's size, from each photo's own face
let act = {};
let following = [];

export const isOpen = () => !$("view").hidden;
export const photoHere = () => chosen[active];

const faceOf = (photo, person = 0) => photo.faces.find((face) => face.person === person) ?? photo.faces[0];
let person = null;  // whose face is looked at; null: the largest

function anchorOf(photo) {
  const face = person === null
    ? [...photo.faces].sort((a, b) => (b.box[3] - b.box[1]) - (a.box[3] - a.box[1]))[0] : faceOf(photo, person);
  return face ? { x: (face.box[0] + face.box[2]) / 2, y: (face.box[1] + face.box[3]) / 2 } : { x: 0.5, y: 0.5 };
}

export function open(photo, { atFace = true } = {}) {
  const was = isOpen();
  $("view").hidden = false;
  document.body.classList.add("viewing");
  if (!was) { zoom = atFace && photo.faces.length ? actualZoom() : 0; shift = { x: 0, y: 0 }; person = null; }
  choose(photo);
  if (!was) $("close").focus({ preventScroll: true });
}

// One pixel of the photo on one of the screen's own.
const actualZoom = () => 1 / (window.devicePixelRatio || 1);

export function close() {
  $("view").hidden = true;
  document.body.classList.remove("viewing");
  $("panes").replaceChildren();
}

function choose(photo) {
  const mine = photo.group.photos.length > 1 ? photo.group.photos : [photo];
  const at = chosen.indexOf(photo);
  if (panes > 1 && at >= 0 && chosen.length === Math.min(panes, mine.length)) { active = at; refresh(); return; }
  // Beside a photo stand the best others of its group.
  const others = mine.filter((other) => other !== photo);
  chosen = [photo, ...others.slice(0, panes - 1)];
  active = 0;
  build();
}

// New groups while it is looked at: the same photos, as they are known now. False if one of them is no more.
export function renew(known) {
  const ids = () => chosen[0].group.photos.map((photo) => photo.id).join();
  const before = ids(), now = chosen.map((photo) => known.get(photo.id));
  if (now.some((photo) => !photo)) return false;
  chosen = now;
  if (ids() !== before) { build(); return true; }
  for (const one of [...$("panes").children, ...$("people").querySelectorAll("button")]) one.photo = known.get(one.photo.id);
  refresh();
  return true;
}

function build() {
  const room = $("panes");
  room.replaceChildren();
  room.dataset.count = chosen.length;
  chosen.forEach((photo, i) => {
    const pane = document.createElement("figure"), image = document.createElement("img"), sharp = document.createElement("img"), words = document.createElement("figcaption");
    pane.tabIndex = -1;
    image.className = "whole";
    image.alt = describe(photo);
    image.draggable = sharp.draggable = false;
    sharp.alt = "";
    sharp.className = "sharp";
    image.src = url(photo, "small");
    const large = new Image();
    large.onload = () => { if (image.isConnected) image.src = large.src; };
    large.src = url(photo, "large");
    pane.append(image, sharp, words);
    pane.photo = photo;
    pane.addEventListener("pointerdown", () => { if (active !== i) { active = i; refresh(); act.went(chosen[active]); } });
    room.append(pane);
  });
  person = person !== null && chosen.some((photo) => photo.faces.some((face) => face.person === person)) ? person : null;
  buildPeople();
  refresh();
  prefetch();
}

// One strip of faces a person: who blinks where is seen at a glance.
function buildPeople() {
  const { group } = chosen[0], room = $("people");
  room.replaceChildren();
  const inTime = [...group.photos].sort((a, b) => a.frame - b.frame);
  room.hidden = group.people < 1 || inTime.length < 2;
  if (room.hidden) return;
  for (let who = 0; who < Math.min(group.people, 8); who++) {
    const strip = document.createElement("div");
    strip.className = "faces";
    strip.setAttribute("role", "group");
    strip.setAttribute("aria-label", `Person ${who + 1} across the burst`);
    for (const photo of inTime.slice(0, 200)) {
      const face = photo.faces.find((one) => one.person === who), button = document.createElement("button");
      button.type = "button";
      button.photo = photo;
      button.person = who;
      if (face) {
        const image = document.createElement("img");
        image.loading = "lazy";
        image.alt = "";
        image.src = faceUrl(photo, face);
        button.append(image);
        button.classList.toggle("shut", face.closed);
      }
      const words = face ? `${face.closed ? "eyes closed" : "eyes open"}, ${face.score.toFixed(1)}` : "not seen";
      button.title = `frame ${photo.frame}: ${words}`;
      button.setAttribute("aria-label", `Person ${who + 1}, frame ${photo.frame}, ${words}`);
      const label = document.createElement("span");
      label.textContent = photo.frame;
      button.append(label);
      strip.append(button);
    }
    room.append(strip);
  }
}

export function refresh() {
  if (!isOpen() || !chosen.length) return;
  const photo = chosen[active], flag = flagOf(photo);
  const group = photo.group.photos.length > 1;
  $("view-name").textContent = `${pointsOf(photo)}${photo.score === null ? "" : " of 5"} · ${group ? `frame ${photo.frame}, rank ${photo.rank} of ${photo.group.photos.length}` : photo.name}`;
  const why = [...whyOf(photo), eyesOf(photo)].filter(Boolean);
  $("view-why").textContent = why.join(", ") || (group && photo.rank === 1 && photo.flag !== "reject" ? "the best of its group" : "");
  $("keep").setAttribute("aria-pressed", String(flag === "keep"));
  $("reject").setAttribute("aria-pressed", String(flag === "reject"));
  [...$("stars").children].forEach((button, i) => button.setAttribute("aria-pressed", String(starsOf(photo) === i + 1)));
  $("forgive").hidden = !photo.eyes;
  $("forgive").setAttribute("aria-pressed", String(isForgiven(photo)));
  for (const button of document.querySelectorAll("[data-panes]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.panes) === panes));
    button.disabled = !group && button.dataset.panes !== "1";
  }
  [...$("panes").children].forEach((pane, i) => {
    const mine = flagOf(pane.photo);
    pane.classList.toggle("active", i === active && chosen.length > 1);
    pane.classList.toggle("keeper", mine === "keep");
    pane.classList.toggle("rejected", mine === "reject");
    pane.querySelector("figcaption").textContent = [`${pointsOf(pane.photo)}`, `frame ${pane.photo.frame}`, mine === "keep" ? "✓" : mine === "reject" ? "✕" : "", "★".repeat(starsOf(pane.photo))].filter(Boolean).join("  ");
  });
  for (const button of $("people").querySelectorAll("button")) {
    button.classList.toggle("here", chosen.includes(button.photo));
    button.classList.toggle("active", button.photo === photo);
    button.classList.toggle("kept", flagOf(button.photo) === "keep");
    button.classList.toggle("thrown", flagOf(button.photo) === "reject");
    if (button.photo === photo) keepInSight(button);
  }
  place();
}

function keepInSight(button) {
  const strip = button.parentElement, left = button.offsetLeft - strip.offsetLeft;
  if (left < strip.scrollLeft || left + button.offsetWidth > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = left - strip.clientWidth / 2;
}

function fitZoom(pane) {
  const [width, height] = pane.photo.size;
  return Math.min(pane.clientWidth / width, pane.clientHeight / height);
}

function place() {
  $("fit").setAttribute("aria-pressed", String(!zoom));
  $("actual").setAttribute("aria-pressed", String(Boolean(zoom) && Math.abs(zoom - actualZoom()) < 1e-6));
  for (const pane of $("panes").children) {
    const [width, height] = pane.photo.size, image = pane.firstElementChild, sharp = pane.children[1];
    const fit = fitZoom(pane), scale = zoom ? Math.max(zoom, Math.min(fit, actualZoom())) : fit;
    const anchor = anchorOf(pane.photo), wide = width * scale, high = height * scale;
    // Never a border where there could be picture.
    const put = (room, size, at) => size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, room / 2 - at * size));
    const x = put(pane.clientWidth, wide, zoom ? anchor.x + shift.x : 0.5), y = put(pane.clientHeight, high, zoom ? anchor.y + shift.y : 0.5);
    for (const one of [image, sharp]) {
      one.style.width = `${wide}px`;
      one.style.height = `${high}px`;
      one.style.transform = `translate(${x}px, ${y}px)`;
    }
    pane.style.cursor = zoom ? "grab" : "zoom-in";
    const enough = 2048 / Math.max(width, height) >= scale * (window.devicePixelRatio || 1) * 0.99;
    if (zoom && !enough && !sharp.hasAttribute("src")) {
      sharp.onload = () => sharp.classList.add("there");
      sharp.src = url(pane.photo, "whole");
    }
  }
}

function prefetch() {
  following = [act.next(1), act.next(-1)].filter(Boolean).map((photo) => {
    const image = new Image();
    image.src = url(photo, "large");
    return image;
  });
}

export function compare(count = { 1: 2, 2: 4, 4: 1 }[panes]) {
  if (!chosen.length) return;
  const photo = chosen[active];
  panes = count;
  chosen = [];
  choose(photo);
}

export function toggleZoom(to = zoom ? 0 : actualZoom()) {
  zoom = to;
  shift = { x: 0, y: 0 };
  place();
}

function zoomAt(pane, factor, x, y) {
  const scale = zoom || fitZoom(pane), least = Math.min(fitZoom(pane), actualZoom());
  const next = Math.min(Math.max(scale * factor, least), 4);
  const box = pane.getBoundingClientRect(), [width, height] = pane.photo.size, anchor = anchorOf(pane.photo);
  const dx = x - box.left - box.width / 2, dy = y - box.top - box.height / 2;
  if (!zoom) { shift = { x: 0.5 - anchor.x, y: 0.5 - anchor.y }; }
  shift = { x: shift.x + dx / width * (1 / scale - 1 / next), y: shift.y + dy / height * (1 / scale - 1 / next) };
  zoom = next <= least * 1.001 && factor < 1 ? 0 : next;
  bound(pane);
  place();
}

function bound(pane) {
  const anchor = anchorOf(pane.photo);
  shift = { x: Math.min(Math.max(shift.x, -anchor.x), 1 - anchor.x), y: Math.min(Math.max(shift.y, -anchor.y), 1 - anchor.y) };
}

export function begin(actions) {
  act = actions;
  const room = $("panes"), fingers = new Map();
  let moved = 0, apart = 0;
  room.addEventListener("wheel", (event) => {
    const pane = event.target.closest("figure");
    if (!pane) return;
    event.preventDefault();
    zoomAt(pane, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), event.clientX, event.clientY);
  }, { passive: false });
  room.addEventListener("pointerdown", (event) => {
    const pane = event.target.closest("figure");
    if (!pane || event.button) return;
    pane.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY, began: event.clientX, pane });
    if (fingers.size === 1) moved = 0;
    apart = 0;
  });
  room.addEventListener("pointermove", (event) => {
    const finger = fingers.get(event.pointerId);
    if (!finger) return;
    const dx = event.clientX - finger.x, dy = event.clientY - finger.y;
    moved += Math.abs(dx) + Math.abs(dy);
    Object.assign(finger, { x: event.clientX, y: event.clientY });
    if (fingers.size === 2) {
      const [a, b] = [...fingers.values()], now = Math.hypot(a.x - b.x, a.y - b.y);
      if (apart) zoomAt(finger.pane, now / apart, (a.x + b.x) / 2, (a.y + b.y) / 2);
      apart = now;
    } else if (zoom) {
      const [width, height] = finger.pane.photo.size;
      shift = { x: shift.x - dx / (width * zoom), y: shift.y - dy / (height * zoom) };
      bound(finger.pane);
      place();
    }
  });
  const lift = (event) => {
    const finger = fingers.get(event.pointerId);
    fingers.delete(event.pointerId);
    apart = 0;
    if (!finger || event.type === "pointercancel" || fingers.size) return;
    if (moved < 6) { if (chosen.length === 1 || zoom === 0) toggleZoomAt(finger); }
    else if (!zoom && event.pointerType === "touch" && moved > 60) act.move(event.clientX < finger.began ? 1 : -1);
  };
  room.addEventListener("pointerup", lift);
  room.addEventListener("pointercancel", lift);
  // Safari on a Mac tells of a pinch on the trackpad by events of its own; on a touch screen the fingers tell it.
  let pinched = 1;
  for (const kind of ["gesturestart", "gesturechange"]) {
    room.addEventListener(kind, (event) => {
      event.preventDefault();
      const pane = event.target.closest("figure");
      if (kind === "gesturechange" && pane && !fingers.size) zoomAt(pane, event.scale / pinched, event.clientX, event.clientY);
      pinched = event.scale;
    });
  }
  $("people").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    person = button.person;
    if (!zoom) zoom = actualZoom();
    shift = { x: 0, y: 0 };
    act.look(button.photo);
  });
  $("fit").onclick = () => toggleZoom(0);
  $("actual").onclick = () => toggleZoom(actualZoom());
  for (const button of document.querySelectorAll("[data-panes]")) button.onclick = () => compare(Number(button.dataset.panes));
  new ResizeObserver(() => { if (isOpen()) place(); }).observe(room);
}

function toggleZoomAt(finger) {
  if (zoom) { toggleZoom(0); return; }
  const scale = fitZoom(finger.pane);
  if (scale >= actualZoom()) { toggleZoom(actualZoom()); return; }
  zoomAt(finger.pane, actualZoom() / scale, finger.x, finger.y);
}
